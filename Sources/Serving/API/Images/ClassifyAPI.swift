import Classification
import HTTP
import HTTPTypes

/// `POST /v1/classify`: the most likely classes of pictures.
enum ClassifyAPI {
    static func routes(_ context: APIContext) -> [Route] {
        let endpoint = InferenceEndpoint<ImageTask<TopClasses>>(context: context)
        return [
            Route(.post, "/v1/classify", bodyLimit: context.limits.maxBody, admission: endpoint.refusal) { exchange in
                endpoint.serve(exchange, model: exchange.request.query["model"])
            }
        ]
    }
}

/// The most likely classes of a picture.
struct TopClasses: ImageAnswer {
    private static let defaultCount = 5

    private let count: Int

    static func refusal(by model: ServedModel) -> Problem? {
        guard model.model.information.classCount == 0 else { return nil }
        return Problem(
            .badRequest,
            title: "No classifier",
            detail:
                "The model \"\(model.identity.name)\" has no classifier, so it knows no classes. Ask it for embeddings "
                + "with POST /v1/embed, or name another model with ?model=NAME; GET /v1/models lists them."
        )
    }

    init(_ request: Request, model: ServedModel) throws(Problem) {
        let classCount = model.model.information.classCount
        guard let value = request.query["top_k"] else {
            count = min(Self.defaultCount, classCount)
            return
        }
        guard let count = Int(value), (1...classCount).contains(count) else {
            throw .parameter("top_k", "top_k must be a whole number from 1 to \(classCount), not \"\(value)\".")
        }
        self.count = count
    }

    func members(of result: JobResult, model: ServedModel) -> [JSONValue.Member] {
        let predictions = model.model.predictions(for: result.output, count: count).map(JSONValue.init)
        return [.init(name: "predictions", value: .array(predictions))]
    }
}
