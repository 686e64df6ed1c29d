import HTTP
import HTTPTypes

extension Route {
    /// The same route, where an answer of some size is compressed for clients that want it.
    func compressed() -> Route {
        var route = self
        route.handler = { outer in
            let wanted = ContentCoding.preferred(by: outer.request.fields[.acceptEncoding])
            let inner = Exchange(request: outer.request) { outer.respond(AnswerCoding.apply(wanted, to: $0)) }
            outer.onDisconnect { inner.disconnect() }
            handler(inner)
        }
        return route
    }
}

/// Which answers are compressed.
enum AnswerCoding {
    /// Smaller answers fit into one packet anyway.
    static let minBytes = 1400

    static func apply(_ coding: ContentCoding?, to response: Response) -> Response {
        guard response.body.count >= minBytes, response.fields[.contentEncoding] == nil else { return response }
        var response = response
        // Caches must know that it depends on the request, also where it came out uncompressed.
        response.fields.append(HTTPField(name: .vary, value: "Accept-Encoding"))
        guard let coding, let body = coding.encode(response.body), body.count < response.body.count else {
            return response
        }
        response.body = body
        response.fields[.contentEncoding] = coding.rawValue
        return response
    }
}
