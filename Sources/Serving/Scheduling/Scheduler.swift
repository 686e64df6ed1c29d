import Classification
import Dispatch
import Imaging
import Synchronization

/// Brings pictures to the workers: a batcher behind a lock, one worker thread a core, and alarms for what times out.
///
/// A worker decodes its batch, asks how many cores it may use, runs the network, and completes each job on its own
/// thread. A picture that cannot be decoded fails alone, before the network runs.
package final class Scheduler: Sendable {
    private typealias Batcher = BatcherStateMachine<Job>

    private enum WorkerMessage: Sendable {
        case start([Batcher.Entry])
        case infer(threads: Int)
        case stop
    }

    private let batcher: Mutex<Batcher>
    private let threads = Mutex<[WorkerThread<WorkerMessage>]>([])
    private let lastID = Atomic<UInt64>(0)
    private let queueTimeout: Duration?
    private let observer: any SchedulerObserver
    private let clockwork = DispatchQueue(label: "effnet.scheduler.timer")
    private let drained = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - workers: threads, and so cores, that decode and infer.
    ///   - queueTimeout: how long a picture waits for a worker at most; nil for as long as it takes.
    package init(
        workers: Int,
        limits: BatcherLimits,
        queueTimeout: Duration? = nil,
        observer: any SchedulerObserver
    ) throws(ThreadStartError) {
        batcher = Mutex(Batcher(workers: workers, limits: limits))
        self.queueTimeout = queueTimeout
        self.observer = observer
        for index in 0..<workers {
            let thread = try WorkerThread<WorkerMessage> { [weak self] thread in
                Self.serve(worker: index, thread: thread) { self }
            }
            threads.withLock { $0.append(thread) }
        }
    }

    deinit {
        for thread in threads.withLock({ $0 }) { thread.send(.stop) }
    }

    /// Hands a job in; its completion is called exactly once, here if it is refused.
    ///
    /// - Returns: what `cancel` takes.
    @discardableResult
    package func submit(_ job: Job) -> UInt64 {
        let id = lastID.add(1, ordering: .relaxed).newValue
        let now = ContinuousClock.now
        handle(
            .submitted(
                Batcher.Entry(
                    id: id,
                    lane: job.model.lane,
                    bytes: job.bytes.count,
                    arrival: now,
                    deadline: queueTimeout.map { now + $0 },
                    payload: job
                )
            )
        )
        return id
    }

    /// Takes a job out of the queue because nobody waits for it; one that a worker has is finished.
    package func cancel(_ id: UInt64) {
        handle(.cancelled(id: id))
    }

    /// Accepts nothing more, finishes what waits and runs, and ends the worker threads. Returns when all is done.
    package func drain() {
        handle(.drain)
        drained.wait()
        for thread in threads.withLock({ $0 }) {
            thread.send(.stop)
            thread.join()
        }
    }

    /// What waits and runs now.
    package var load: SchedulerLoad {
        batcher.withLock { batcher in
            SchedulerLoad(
                queuedPictures: batcher.queuedCount,
                queuedBytes: batcher.queuedBytes,
                busyWorkers: batcher.busyWorkers
            )
        }
    }

    // MARK: Effects

    private func handle(_ event: Batcher.Event) {
        let actions = batcher.withLock { $0.handle(event, at: .now) }
        for action in actions {
            switch action {
            case .start(let worker, let batch): send(.start(batch), to: worker)
            case .infer(let worker, let threads): send(.infer(threads: threads), to: worker)
            case .refuse(let entry, let refusal): complete(entry.payload, .failure(.refused(refusal)))
            case .expire(let entry): complete(entry.payload, .failure(.refused(.timedOut)))
            case .evict(let entry): complete(entry.payload, .failure(.cancelled))
            case .wake(let instant): tick(at: instant)
            case .drained: drained.signal()
            }
        }
    }

    private func tick(at instant: ContinuousClock.Instant) {
        let nanoseconds = max(.zero, instant - .now) / .nanoseconds(1)
        clockwork.asyncAfter(deadline: .now() + nanoseconds / 1e9) { [weak self] in
            self?.handle(.tick)
        }
    }

    private func send(_ message: WorkerMessage, to worker: Int) {
        threads.withLock { $0[worker] }.send(message)
    }

    private func complete(_ job: Job, _ result: Result<JobResult, JobFailure>) {
        observer.jobCompleted(model: job.model.model.information.name, result: result)
        job.completion(result)
    }
}

/// The load of a scheduler at one moment.
package struct SchedulerLoad: Sendable, Equatable {
    package let queuedPictures: Int
    package let queuedBytes: Int
    package let busyWorkers: Int

    package init(queuedPictures: Int, queuedBytes: Int, busyWorkers: Int) {
        self.queuedPictures = queuedPictures
        self.queuedBytes = queuedBytes
        self.busyWorkers = busyWorkers
    }
}

extension Scheduler {
    /// A decoded picture and the job that it belongs to.
    private struct Prepared {
        let job: Job
        let picture: Picture
        let arrival: ContinuousClock.Instant
        let decode: Duration
    }

    /// A worker thread's life.
    private static func serve(
        worker: Int,
        thread: WorkerThread<WorkerMessage>,
        scheduler: () -> Scheduler?
    ) {
        var prepared: [Prepared] = []
        while true {
            let message = thread.receive()
            guard let scheduler = scheduler() else { return }
            switch message {
            case .start(let entries):
                prepared = entries.compactMap { scheduler.prepare($0) }
                scheduler.handle(prepared.isEmpty ? .finished(worker: worker) : .decoded(worker: worker))
            case .infer(let threads):
                let results = scheduler.infer(prepared, threads: threads)
                scheduler.handle(.finished(worker: worker))
                for (item, result) in zip(prepared, results) { scheduler.complete(item.job, result) }
                prepared = []
            case .stop:
                return
            }
        }
    }

    /// Decodes one picture; a failure completes its job.
    private func prepare(_ entry: Batcher.Entry) -> Prepared? {
        let start = ContinuousClock.now
        do throws(ImageError) {
            let picture = try entry.payload.model.model.prepare(entry.payload.bytes)
            return Prepared(
                job: entry.payload,
                picture: picture,
                arrival: entry.arrival,
                decode: .now - start
            )
        } catch {
            complete(entry.payload, .failure(.image(error)))
            return nil
        }
    }

    /// Runs the network over a batch of one model.
    private func infer(_ batch: [Prepared], threads: Int) -> [Result<JobResult, JobFailure>] {
        guard let model = batch.first?.job.model.model else { return [] }
        let start = ContinuousClock.now
        let outputs: [ModelOutput]
        do {
            outputs = try model.run(batch.map(\.picture), threads: threads)
        } catch {
            return batch.map { _ in .failure(.engine(String(describing: error))) }
        }
        let end = ContinuousClock.now
        guard outputs.count == batch.count else {
            let reason = "the network gave \(outputs.count) outputs for \(batch.count) pictures"
            return batch.map { _ in .failure(.engine(reason)) }
        }
        observer.batchExecuted(model: model.information.name, size: batch.count, inference: end - start)
        return zip(batch, outputs).map { item, output in
            let inference = end - start
            let phases = JobPhases(
                queue: end - item.arrival - item.decode - inference,
                decode: item.decode,
                inference: inference
            )
            return .success(
                JobResult(
                    output: output,
                    image: ImageFacts(item.picture),
                    batchSize: batch.count,
                    phases: phases
                )
            )
        }
    }
}
