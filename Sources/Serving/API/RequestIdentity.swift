package import HTTP
import HTTPTypes

extension HTTPField.Name {
    static let requestID = name("X-Request-Id")
    static let serverTiming = name("Server-Timing")
    static let traceParent = name("traceparent")
    static let requestTimeout = name("X-Request-Timeout-Ms")
    static let inferenceHeaderLength = name("Inference-Header-Content-Length")

    /// A name that is known to be a token of RFC 9110.
    private static func name(_ token: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(token) else { preconditionFailure("\(token) is no field name") }
        return name
    }
}

extension Request {
    /// What the client or we call this request; set by `Route.identified()`.
    var requestID: String { fields[.requestID] ?? "" }
}

extension Route {
    /// The same route, where each request has an id (the client's `X-Request-Id` if it is 1…128 visible ASCII
    /// characters, else one that is made) and each answer carries it, and a `Server-Timing`.
    package func identified() -> Route {
        var route = self
        route.handler = { outer in
            var request = outer.request
            let id = RequestID.accepted(request.fields[.requestID]) ?? RequestID.random()
            let arrival = request.arrival
            request.fields[.requestID] = id
            let inner = Exchange(request: request) { response in
                var response = response
                response.identify(id, elapsed: .now - arrival)
                outer.respond(response)
            }
            outer.onDisconnect { inner.disconnect() }
            handler(inner)
        }
        return route
    }
}

extension Response {
    /// Adds the request's id and, where a route said nothing of its times, how long all took.
    fileprivate mutating func identify(_ id: String, elapsed: Duration) {
        fields[.requestID] = id
        if fields[.serverTiming] == nil { fields[.serverTiming] = ServerTiming.value([("total", elapsed)]) }
    }
}

/// The names of requests.
package enum RequestID {
    /// Gives answers that no route made, such as the server's own errors, an id and a time too.
    package static let finish: ServerConfiguration.Finish = { response, head, elapsed in
        guard response.fields[.requestID] == nil else { return }
        response.identify(accepted(head?.fields[.requestID]) ?? random(), elapsed: elapsed)
    }

    /// The client's name for its request, if it is safe to repeat in headers and logs.
    static func accepted(_ value: String?) -> String? {
        guard let value, (1...128).contains(value.utf8.count) else { return nil }
        return value.utf8.allSatisfy { (0x21...0x7e).contains($0) } ? value : nil
    }

    /// 128 random bits in hexadecimal.
    static func random() -> String {
        var bits = UInt128.random(in: 0...UInt128.max)
        return String(unsafeUninitializedCapacity: 32) { digits in
            for index in 0..<32 {
                let digit = UInt8(truncatingIfNeeded: bits & 15)
                digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                bits >>= 4
            }
            return 32
        }
    }
}
