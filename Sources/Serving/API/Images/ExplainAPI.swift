import Classification
import Engine
import HTTP
import HTTPTypes
import Imaging

/// `POST /v1/explain`: where in pictures a class is seen, as a class-activation map.
enum ExplainAPI {
    static func routes(_ context: APIContext) -> [Route] {
        let endpoint = InferenceEndpoint<ImageTask<Explanation>>(context: context)
        return [
            Route(.post, "/v1/explain", bodyLimit: context.limits.maxBody, admission: endpoint.refusal) { exchange in
                endpoint.serve(exchange, model: exchange.request.query["model"])
            }
        ]
    }
}

/// What each part of a picture adds to one class.
struct Explanation: ImageAnswer {
    let explaining: ExplainedClass?
    private let wantsPNG: Bool

    static func refusal(by model: ServedModel) -> Problem? {
        guard !model.model.information.isExplainable else { return nil }
        return Problem(
            .badRequest,
            title: "This model cannot be explained",
            detail: "The classifier of model \(model.identity.name) does not see the means of its last features "
                + "alone, so there is no class-activation map; ask another model, by ?model=."
        )
    }

    init(_ request: Request, model: ServedModel) throws(Problem) {
        explaining = try Self.explainedClass(request.query["class"], of: model.model.classNames)
        wantsPNG = AcceptField(request.fields[.accept]).prefers("image/png", to: "application/json")
    }

    private static func explainedClass(
        _ name: String?,
        of classes: ClassNames
    ) throws(Problem) -> ExplainedClass {
        guard let name else { return .mostLikely }
        switch classes.match(name) {
        case .index(let index): return .index(index)
        case .none:
            throw .parameter(
                "class",
                "There is no class \"\(name)\": give a number from 0 to \(classes.count - 1) or a label."
            )
        case .several(let indices):
            let list = indices.map(String.init).joined(separator: " and ")
            throw .parameter("class", "Several classes are called \"\(name)\": give one of the numbers \(list).")
        }
    }

    func members(of result: JobResult, model: ServedModel) -> [JSONValue.Member] {
        guard let map = result.output.explanation else { return [] }
        let scores = model.model.probabilities(for: result.output)
        let rows = stride(from: 0, to: map.values.count, by: map.columns).map { start in
            JSONValue.numbers(Array(map.values[start..<start + map.columns]))
        }
        var grid: [JSONValue.Member] = [
            .init(name: "rows", value: .integer(map.rows)),
            .init(name: "columns", value: .integer(map.columns)),
            .init(name: "values", value: .array(rows)),
        ]
        if let region = result.image?.region { grid.append(.init(name: "region", value: JSONValue(region))) }
        return [
            .init(name: "class_id", value: .integer(map.classID)),
            .init(name: "label", value: .string(model.model.classNames.label(of: map.classID))),
            .init(name: "score", value: .number(scores[map.classID])),
            .init(name: "map", value: .object(grid)),
        ]
    }

    func png(of result: JobResult, model: ServedModel) -> [UInt8]? {
        guard wantsPNG, let map = result.output.explanation, let image = result.image else { return nil }
        return HeatPicture(map, of: image).png
    }
}
