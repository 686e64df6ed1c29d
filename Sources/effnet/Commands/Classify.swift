import ArgumentParser
import Classification
import DequeModule
import Dispatch
import Imaging
import Serving
import Synchronization

struct Classify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Classifies image files.",
        discussion: """
            Prints the most likely classes of each file, in the order given. A file that cannot be classified is \
            reported and does not stop the others; the exit code is then 1.
            """
    )

    @Argument(help: "JPEG or PNG files.", completion: .file())
    var files: [String]

    @Option(help: "Classes shown for each file. [EFFNET_TOP_K]")
    var topK = 5

    @Flag(help: "Print one JSON object a line. [EFFNET_JSON]")
    var json = false

    @Flag(help: "Add all logits to each JSON object; only with --json. [EFFNET_LOGITS]")
    var logits = false

    @OptionGroup(title: "Model") var model: ModelOptions

    func validate() throws {
        guard topK > 0 else { throw ValidationError("--top-k must be positive") }
        guard json || !logits else { throw ValidationError("--logits needs --json") }
    }

    func run() throws {
        var progress = ProgressLine()
        let classifier = try ModelFolder(model.model).load(model.classifierOptions) { share in
            progress.show("loading the model: \(Int(share * 100)) %")
        }
        progress.clear()
        guard classifier.information.classCount > 0 else {
            throw CommandFailure(
                code: .badData,
                message: "model \(classifier.information.name) has no classifier: embeddings come from POST /v1/embed of "
                    + "effnet serve, or from effnet run --embedding"
            )
        }
        let report = FileReport(
            model: classifier,
            count: min(topK, classifier.information.classCount),
            isJSON: json,
            hasLogits: logits
        )
        let failures = try classifyAll(with: classifier, report: report)
        if failures > 0 {
            throw CommandFailure(code: .partial, message: "\(failures) of \(files.count) files could not be classified")
        }
    }

    /// Classifies and reports all files in order.
    ///
    /// - Returns: how many failed.
    private func classifyAll(with classifier: Classifier, report: FileReport) throws -> Int {
        let workers = model.threadCount
        // Enough for each worker to find a full batch when it is free.
        let window = 2 * workers * model.maxBatch
        var limits = BatcherLimits()
        limits.maxBatch = model.maxBatch
        limits.maxQueue = window
        limits.maxQueueBytes = .max
        let scheduler: Scheduler
        do {
            scheduler = try Scheduler(workers: workers, limits: limits, observer: SilentObserver())
        } catch {
            throw CommandFailure(code: .systemError, message: "\(error)")
        }
        let served = ServedModel(
            lane: 0,
            identity: ModelIdentity(name: classifier.information.name),
            model: classifier
        )
        var progress = ProgressLine()
        var open = Deque<PendingFile>()
        var done = 0
        var failures = 0
        func reportOldest() {
            guard let oldest = open.popFirst() else { return }
            let result = oldest.result()
            progress.clear()
            if !report.show(oldest.path, result) { failures += 1 }
            done += 1
            progress.show(done: done, of: files.count)
        }
        for path in files {
            if open.count == window { reportOldest() }
            open.append(PendingFile(path, scheduler: scheduler, model: served))
        }
        while !open.isEmpty { reportOldest() }
        scheduler.drain()
        return failures
    }
}

/// A file on its way.
private final class PendingFile: Sendable {
    let path: String
    private let outcome = Mutex<Result<JobResult, FileFailure>?>(nil)
    private let arrived = DispatchSemaphore(value: 0)

    /// Reads the file and hands it to the scheduler.
    init(_ path: String, scheduler: Scheduler, model: ServedModel) {
        self.path = path
        do throws(InputFile.Failure) {
            let bytes = try InputFile.read(path)
            scheduler.submit([
                Job(model: model, input: .picture(bytes[...])) { [self] result in
                    finish(result.mapError(FileFailure.job))
                }
            ])
        } catch {
            finish(.failure(.file(error)))
        }
    }

    private func finish(_ result: Result<JobResult, FileFailure>) {
        outcome.withLock { $0 = result }
        arrived.signal()
    }

    /// What became of the file, waiting for it if need be. Only once.
    func result() -> Result<JobResult, FileFailure> {
        arrived.wait()
        return outcome.withLock { $0 } ?? .failure(.job(.cancelled))
    }
}

/// Why a file has no predictions.
enum FileFailure: Error, CustomStringConvertible {
    case file(InputFile.Failure)
    case job(JobFailure)

    var description: String {
        switch self {
        case .file(let failure): failure.description
        case .job(.image(let error)): String(describing: error)
        case .job(.engine(let reason)): reason
        case .job(.refused(let refusal, _)): refusal.rawValue
        case .job(.notFinite): "the network's answer is not finite"
        case .job(.cancelled): "cancelled"
        }
    }
}

/// Files are counted by their report.
private struct SilentObserver: SchedulerObserver {
    func batchExecuted(model: ServedModel, size: Int, inference: Duration) {}
    func jobCompleted(model: ServedModel, result: Result<JobResult, JobFailure>) {}
}
