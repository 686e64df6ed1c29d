import HTTP
import HTTPTypes
import Synchronization

/// The way of every request for inference: its model is found, its body read, its pictures go through the scheduler
/// together, and when the last one is done it is answered.
struct InferenceEndpoint<Task: InferenceTask>: Sendable {
    let context: APIContext

    /// A request on its way.
    private struct Running: Sendable {
        let exchange: Exchange
        let model: ServedModel
        let task: Task
        let receive: Duration
    }

    /// Refuses what can be refused before the body is read.
    func refusal(of head: RequestHead) -> Response? {
        do throws(Rejection) {
            _ = try ContentCoding.list(head.fields[.contentEncoding])
        } catch {
            return Task.errors.response(Problem(error))
        }
        guard !Task.namesModelInPath, case .resource(_, let query) = head.target else { return nil }
        do throws(Problem) {
            _ = try model(named: QueryParameters(parsing: query)["model"], version: nil)
            return nil
        } catch {
            return Task.errors.response(error)
        }
    }

    /// Answers an exchange, at once or when its pictures went through the network.
    func serve(_ exchange: Exchange, model name: String?, version: String? = nil) {
        let served: ServedModel
        do throws(Problem) {
            served = try model(named: name, version: version)
        } catch {
            return exchange.respond(Task.errors.response(error))
        }
        let request = exchange.request
        let isPlain = (request.fields[.contentEncoding] ?? "identity") == "identity"
        if isPlain, Task.isQuick(request) { return read(exchange, served) }
        context.readers.run { read(exchange, served) }
    }

    private func model(named name: String?, version: String?) throws(Problem) -> ServedModel {
        let model: ServedModel
        do throws(Problem) {
            model = try context.registry.model(named: name, version: ModelIdentity.version(version))
        } catch {
            if error.status == .serviceUnavailable { context.telemetry.refused(.notReady) }
            throw error
        }
        if let problem = Task.refusal(by: model) { throw problem }
        return model
    }

    /// Reads the body and hands its pictures in.
    private func read(_ exchange: Exchange, _ model: ServedModel) {
        var request = exchange.request
        do throws(Problem) {
            request.body = try decodedBody(of: request)
            let task = try Task(request, model: model, limits: context.limits)
            let timeout = try Self.timeout(request, task)
            let receive = timeout == nil && Task.isQuick(request) ? request.receiveDuration : .now - request.arrival
            submit(
                Running(exchange: exchange, model: model, task: task, receive: receive),
                answerBy: timeout.map { .now + ($0 - (.now - request.arrival)) }
            )
        } catch {
            exchange.respond(Task.errors.response(error))
        }
    }

    private func decodedBody(of request: Request) throws(Problem) -> [UInt8] {
        do throws(Rejection) {
            let codings = request.fields[.contentEncoding]
            return try ContentCoding.decode(request.body, codings: codings, limit: context.limits.maxBody)
        } catch {
            throw Problem(error)
        }
    }

    /// What the client waits for, by `X-Request-Timeout-Ms` or by its protocol.
    private static func timeout(_ request: Request, _ task: Task) throws(Problem) -> Duration? {
        guard let text = request.fields[.requestTimeout] else { return task.timeout }
        guard let milliseconds = Int(text), (1...86_400_000).contains(milliseconds) else {
            throw Problem(
                .badRequest,
                title: "Bad X-Request-Timeout-Ms",
                detail: "X-Request-Timeout-Ms must be a whole number from 1 to 86400000, in milliseconds."
            )
        }
        let own = Duration.milliseconds(milliseconds)
        return task.timeout.map { min($0, own) } ?? own
    }

    private func submit(_ running: Running, answerBy: ContinuousClock.Instant?) {
        let inputs = running.task.inputs
        let gathering = Gathering(count: inputs.count) { results in answer(running, results) }
        let jobs = inputs.enumerated().map { index, input in
            Job(model: running.model, input: input, explaining: running.task.explaining) { result in
                gathering.put(result, at: index)
            }
        }
        let ids = context.scheduler.submit(jobs, answerBy: answerBy)
        running.exchange.onDisconnect { [scheduler = context.scheduler] in scheduler.cancel(ids) }
    }

    private func answer(_ running: Running, _ results: [Result<JobResult, JobFailure>]) {
        let start = Moment.now
        let request = running.exchange.request
        let identity = running.model.identity
        if let failure = Self.commonFailure(results) {
            running.exchange.respond(Task.errors.response(Problem(failure)))
            return context.telemetry.requestFailed(model: identity, failure, total: .now - request.arrival)
        }
        let outcome = InferenceOutcome(
            request: request,
            model: running.model,
            receive: running.receive,
            results: results
        )
        running.exchange.respond(running.task.response(outcome))
        let end = Moment.now
        if results.contains(where: { if case .success = $0 { true } else { false } }) {
            context.telemetry.requestAnswered(
                model: identity,
                receive: running.receive,
                encode: end - start,
                total: end - request.arrival
            )
        } else if case .failure(let failure)? = results.first {
            context.telemetry.requestFailed(model: identity, failure, total: end - request.arrival)
        }
    }

    /// Why nothing came of a request, where it is not the fault of one of its pictures.
    private static func commonFailure(_ results: [Result<JobResult, JobFailure>]) -> JobFailure? {
        var common: JobFailure?
        for result in results {
            guard case .failure(let failure) = result else { return nil }
            switch failure {
            case .image, .notFinite: return nil
            case .refused, .cancelled, .engine: break
            }
            common = common ?? failure
        }
        return common
    }
}

/// Collects the results of a request's pictures, whatever their order.
private final class Gathering: Sendable {
    private let state: Mutex<(results: [Result<JobResult, JobFailure>?], missing: Int)>
    private let completion: @Sendable ([Result<JobResult, JobFailure>]) -> Void

    init(count: Int, completion: @escaping @Sendable ([Result<JobResult, JobFailure>]) -> Void) {
        state = Mutex((Array(repeating: nil, count: count), count))
        self.completion = completion
    }

    func put(_ result: Result<JobResult, JobFailure>, at index: Int) {
        let all = state.withLock { state -> [Result<JobResult, JobFailure>]? in
            state.results[index] = result
            state.missing -= 1
            return state.missing == 0 ? state.results.compactMap(\.self) : nil
        }
        if let all { completion(all) }
    }
}

extension ModelIdentity {
    /// The version that a path names: 0 and nothing stand for the newest.
    ///
    /// - Throws: 400 for what is no number.
    static func version(_ text: String?) throws(Problem) -> Int? {
        guard let text else { return nil }
        guard let version = Int(text), version >= 0 else {
            throw Problem(
                .badRequest,
                title: "Bad version",
                detail: "The version of a model is a whole number, not \"\(text)\"; 0 stands for the newest."
            )
        }
        return version == 0 ? nil : version
    }
}
