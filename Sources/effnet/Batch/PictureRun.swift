import Classification
import DequeModule
import Dispatch
import Imaging
import Serving
import Synchronization

/// Shows picture files to a model, on all cores and in batches.
struct PictureRun {
    let classifier: Classifier
    /// Cores to use.
    let workers: Int
    let maxBatch: Int

    /// Calls `each` with what became of every file, in order. Some files are read ahead, never all.
    ///
    /// - Throws: `CommandFailure` where no thread can be had, and what `each` throws.
    func callAsFunction(
        _ paths: [String],
        each: (_ path: String, _ result: Result<JobResult, FileFailure>) throws -> Void
    ) throws {
        // Enough for each worker to find a full batch when it is free.
        let window = 2 * workers * maxBatch
        var limits = BatcherLimits()
        limits.maxBatch = maxBatch
        limits.maxQueue = window
        limits.maxQueueBytes = .max
        let scheduler: Scheduler
        do {
            scheduler = try Scheduler(workers: workers, limits: limits, observer: SilentObserver())
        } catch {
            throw CommandFailure(code: .systemError, message: "\(error)")
        }
        defer { scheduler.drain() }
        let served = ServedModel(
            lane: 0,
            identity: ModelIdentity(name: classifier.information.name),
            model: classifier
        )
        var open = Deque<PendingFile>()
        func finishOldest() throws {
            guard let oldest = open.popFirst() else { return }
            try each(oldest.path, oldest.result())
        }
        for path in paths {
            if open.count == window { try finishOldest() }
            open.append(PendingFile(path, scheduler: scheduler, model: served))
        }
        while !open.isEmpty { try finishOldest() }
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
