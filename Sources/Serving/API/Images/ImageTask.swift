import Classification
import Engine
import HTTP
import HTTPTypes

/// What a route of the plain API says of each picture.
protocol ImageAnswer: Sendable {
    /// Why a model cannot be asked this at all; nil where it can.
    static func refusal(by model: ServedModel) -> Problem?

    /// Reads the route's own parameters.
    init(_ request: Request, model: ServedModel) throws(Problem)

    /// The class whose explanation is wanted of each picture, if any.
    var explaining: ExplainedClass? { get }

    /// The members of the answer that are the route's own.
    func members(of result: JobResult, model: ServedModel) -> [JSONValue.Member]

    /// The answer for a single picture as a PNG, where the client asked for one and the route has one.
    func png(of result: JobResult, model: ServedModel) -> [UInt8]?
}

extension ImageAnswer {
    var explaining: ExplainedClass? { nil }

    func png(of result: JobResult, model: ServedModel) -> [UInt8]? { nil }
}

/// A request of the plain API: one picture or several.
struct ImageTask<Answer: ImageAnswer>: InferenceTask {
    static var errors: ErrorForm { .problem }
    static var namesModelInPath: Bool { false }

    private let body: ImageBody
    private let answer: Answer

    static func refusal(by model: ServedModel) -> Problem? { Answer.refusal(by: model) }

    static func isQuick(_ request: Request) -> Bool { ImageBody.Kind(request) == .raw }

    init(_ request: Request, model: ServedModel, limits: APILimits) throws(Problem) {
        answer = try Answer(request, model: model)
        do throws(Rejection) {
            body = try ImageBody(request, limits: limits)
        } catch {
            throw Problem(error)
        }
    }

    var inputs: [JobInput] { body.pictures.map { .picture($0) } }
    var timeout: Duration? { nil }
    var explaining: ExplainedClass? { answer.explaining }

    /// In this order: model, the pictures' members or the list of them, precision, request id.
    func response(_ outcome: InferenceOutcome) -> Response {
        var response = content(outcome)
        guard response.status == .ok else { return response }
        let results = outcome.results.compactMap { try? $0.get() }
        let total = Moment.now - outcome.request.arrival
        response.fields[.serverTiming] = ServerTiming.value(outcome.phases(of: results, total: total))
        return response
    }

    private func content(_ outcome: InferenceOutcome) -> Response {
        let total = Moment.now - outcome.request.arrival
        let model = JSONValue.Member(name: "model", value: .string(outcome.model.identity.name))
        let information = outcome.model.model.information
        let precision = JSONValue.Member(name: "precision", value: .string(information.precision))
        let id = JSONValue.Member(name: "request_id", value: .string(outcome.request.id))
        var content: [JSONValue.Member]
        if body.isList {
            let list = outcome.results.map { result -> JSONValue in
                switch result {
                case .success(let result): .object(members(of: result, outcome, total: total))
                case .failure(let failure): Self.error(failure)
                }
            }
            content = [.init(name: "results", value: .array(list))]
        } else {
            switch outcome.results[0] {
            case .success(let result):
                if let png = answer.png(of: result, model: outcome.model) {
                    return Response(status: .ok, fields: [.contentType: "image/png"], body: png)
                }
                content = members(of: result, outcome, total: total)
            case .failure(let failure): return Problem(failure).response
            }
        }
        return .json(.object([model] + content + [precision, id]))
    }

    private func members(
        of result: JobResult,
        _ outcome: InferenceOutcome,
        total: Duration
    ) -> [JSONValue.Member] {
        var members = answer.members(of: result, model: outcome.model)
        if let image = result.image { members.append(.init(name: "image", value: JSONValue(image))) }
        let phases = outcome.phases(of: [result], total: total)
        members.append(.init(name: "timing_ms", value: JSONValue(phases: phases)))
        members.append(.init(name: "batch_size", value: .integer(result.batchSize)))
        return members
    }

    private static func error(_ failure: JobFailure) -> JSONValue {
        let problem = Problem(failure)
        return ["error": .string(problem.detail), "status": .integer(problem.status.code)]
    }
}

extension Response {
    /// An answer of JSON.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        .json(value.bytes, status: status)
    }
}
