package import HTTP
import HTTPTypes
import Synchronization

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

    /// 128 bits in hexadecimal that no other request has: a count, spread over all bits from a random start. To draw
    /// each id anew would take two system calls.
    static func random() -> String {
        let index = UInt64(truncatingIfNeeded: count.add(1, ordering: .relaxed).newValue)
        var bits = UInt128(spread(start.0 &+ index)) << 64 | UInt128(spread(start.1 &- index))
        return String(unsafeUninitializedCapacity: 32) { digits in
            for index in 0..<32 {
                let digit = UInt8(truncatingIfNeeded: bits & 15)
                digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                bits >>= 4
            }
            return 32
        }
    }

    private static let count = Atomic(0)
    private static let start = (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))

    /// Another number for each number (the output step of SplitMix64).
    private static func spread(_ number: UInt64) -> UInt64 {
        var mixed = number &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
