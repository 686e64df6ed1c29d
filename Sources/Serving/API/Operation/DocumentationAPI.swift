import HTTP
import HTTPTypes

/// `GET /openapi.yaml`, the contract, and `GET /`: the page for browsers, a few words for others.
enum DocumentationAPI {
    static func routes(_ context: APIContext) -> [Route] {
        [
            Route(.get, "/openapi.yaml") { exchange in
                exchange.respond(
                    Response(
                        status: .ok,
                        fields: [.contentType: "application/yaml"],
                        body: PackageResources.openapi_yaml
                    )
                )
            },
            Route(.get, "/") { exchange in
                let accept = AcceptField(exchange.request.fields[.accept])
                let wantsPage = context.limits.hasPage && accept.prefers("text/html", to: "text/plain")
                var response = wantsPage ? Page.response() : .text(words)
                response.fields[.vary] = "Accept"
                exchange.respond(response)
            },
        ]
    }

    /// Whether a request asks for the page, which holds nothing that needs a key.
    static func isPage(_ target: RequestTarget) -> Bool {
        guard case .resource(let segments, _) = target else { return false }
        return segments == [""]
    }

    private static let words = """
        effnet \(BuildInformation.version): image classification.
        Send a photo:  curl --data-binary @photo.jpg http://HOST:PORT/v1/classify
        All routes:    /openapi.yaml

        """
}
