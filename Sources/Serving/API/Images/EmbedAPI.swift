import Engine
import HTTP
import HTTPTypes

/// `POST /v1/embed`: the pooled features of pictures.
enum EmbedAPI {
    static func routes(_ context: APIContext) -> [Route] {
        let endpoint = InferenceEndpoint<ImageTask<Embedding>>(context: context)
        return [
            Route(.post, "/v1/embed", bodyLimit: context.limits.maxBody, admission: endpoint.refusal) { exchange in
                endpoint.serve(exchange, model: exchange.request.query["model"])
            }
        ]
    }
}

/// The features of a picture that the classifier sees.
struct Embedding: ImageAnswer {
    static func refusal(by model: ServedModel) -> Problem? { nil }

    init(_ request: Request, model: ServedModel) {}

    func members(of result: JobResult, model: ServedModel) -> [JSONValue.Member] {
        [.init(name: "embedding", value: .numbers(result.output.embedding))]
    }
}
