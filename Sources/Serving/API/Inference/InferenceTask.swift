import Engine
import HTTP
import HTTPTypes

/// A request for inference as one protocol understands it: pictures in, an answer out.
protocol InferenceTask: Sendable {
    static var errors: ErrorForm { get }

    /// Whether the model is named in the path, or by the query's `model`.
    static var namesModelInPath: Bool { get }

    /// Why a model cannot be asked this at all; nil where it can.
    static func refusal(by model: ServedModel) -> Problem?

    /// Whether so little is to be read that an event loop may do it.
    static func isQuick(_ request: Request) -> Bool

    /// Reads a request whose content coding is undone.
    init(_ request: Request, model: ServedModel, limits: APILimits) throws(Problem)

    /// One a picture; at least one.
    var inputs: [JobInput] { get }

    /// The class whose explanation is wanted of each picture, if any.
    var explaining: ExplainedClass? { get }

    /// How long the client waits, where its protocol says so.
    var timeout: Duration? { get }

    /// Called once, with one result for each input, in order; not when all were refused or cancelled.
    func response(_ outcome: InferenceOutcome) -> Response
}

extension InferenceTask {
    var explaining: ExplainedClass? { nil }
    static func refusal(by model: ServedModel) -> Problem? { nil }
}

/// What became of the pictures of a request.
struct InferenceOutcome: Sendable {
    let request: Request
    let model: ServedModel
    /// From the request's first byte until its pictures were handed in.
    let receive: Duration
    let results: [Result<JobResult, JobFailure>]

    /// All results.
    ///
    /// - Throws: the first failure.
    func allResults() throws(JobFailure) -> [JobResult] {
        var all: [JobResult] = []
        for result in results { all.append(try result.get()) }
        return all
    }

    /// The phases by name, each of the picture that it took longest.
    func phases(of results: [JobResult], total: Duration) -> [ServerTiming.Phase] {
        func longest(_ phase: KeyPath<JobPhases, Duration>) -> Duration {
            results.map { $0.phases[keyPath: phase] }.max() ?? .zero
        }
        return [
            ("receive", receive),
            ("decode", longest(\.decode)),
            ("queue", longest(\.queue)),
            ("inference", longest(\.inference)),
            ("total", total),
        ]
    }
}
