import HTTP
import HTTPTypes

extension Route {
    /// The same route, where an answer of some size is compressed for clients that want it.
    func compressed() -> Route {
        finished(by: AnswerCoding.finish)
    }
}

/// Which answers are compressed.
enum AnswerCoding {
    /// Smaller answers fit into one packet anyway.
    static let minBytes = 1400

    fileprivate static let finish: Route.Finish = { response, request in
        guard response.body.count >= minBytes, !response.fields.contains(.contentEncoding) else { return }
        // Caches must know that it depends on the request, also where it came out uncompressed.
        response.fields.append(HTTPField(name: .vary, value: "Accept-Encoding"))
        guard let coding = ContentCoding.preferred(by: request.fields[.acceptEncoding]),
            let body = coding.encode(response.body), body.count < response.body.count
        else { return }
        response.body = body
        response.fields[.contentEncoding] = coding.rawValue
    }
}
