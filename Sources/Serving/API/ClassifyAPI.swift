import Classification
import HTTP
import HTTPTypes

/// `POST /v1/classify`: the most likely classes of one picture.
enum ClassifyAPI {
    static let defaultCount = 5

    static func routes(_ context: APIContext) -> [Route] {
        let endpoint = ImageEndpoint(context: context)
        return [
            Route(.post, "/v1/classify", bodyLimit: context.maxBody, admission: endpoint.refusal) { exchange in
                endpoint.serve(exchange) { request, model throws(Problem) in
                    let count = try count(request.query["top_k"], classCount: model.information.classCount)
                    return { output in
                        let predictions = model.predictions(for: output, count: count).map(JSONValue.init)
                        return [.init(name: "predictions", value: .array(predictions))]
                    }
                }
            }
        ]
    }

    /// How many classes are asked for.
    private static func count(_ value: String?, classCount: Int) throws(Problem) -> Int {
        guard let value else { return min(defaultCount, classCount) }
        guard let count = Int(value), (1...max(1, classCount)).contains(count) else {
            throw .parameter("top_k", "top_k must be a whole number from 1 to \(classCount), not \"\(value)\".")
        }
        return count
    }
}
