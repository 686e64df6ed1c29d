import Classification
import Engine
import HTTP
import HTTPTypes

/// `POST /v1/embed`: the pooled features of one picture.
enum EmbedAPI {
    static func routes(_ context: APIContext) -> [Route] {
        let endpoint = ImageEndpoint(context: context)
        return [
            Route(.post, "/v1/embed", bodyLimit: context.maxBody, admission: endpoint.refusal) { exchange in
                endpoint.serve(exchange) { _, _ in
                    { output in
                        [.init(name: "embedding", value: .array(output.embedding.map { .number($0) }))]
                    }
                }
            }
        ]
    }
}
