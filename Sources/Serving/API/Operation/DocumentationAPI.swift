import HTTP
import HTTPTypes

/// `GET /openapi.yaml`, the contract, and `GET /`, which points there.
enum DocumentationAPI {
    static let routes = [
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
            let text = """
                effnet \(BuildInformation.version): image classification.
                Send a photo:  curl --data-binary @photo.jpg http://HOST:PORT/v1/classify
                All routes:    /openapi.yaml

                """
            exchange.respond(.text(text))
        },
    ]
}
