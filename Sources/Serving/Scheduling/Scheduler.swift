package import Engine
import Classification
import Dispatch
import Imaging
import Synchronization

/// Brings pictures to the workers: a batcher behind a lock, one worker thread a core, and alarms for what times out.
///
/// A worker decodes its batch, asks how many cores it may use, runs the network, and completes each job on its own
/// thread. A picture that cannot be decoded fails alone, before the network runs.
package final class Scheduler: Sendable {
    typealias Batcher = BatcherStateMachine<Job>

    /// Threads, and so cores, that decode and infer.
    let workers: Int
    private let batcher: Mutex<Batcher>
    private let threads = Mutex<[WorkerThread<WorkerMessage>]>([])
    private let lastID = Atomic<UInt64>(0)
    private let queueTimeout: Duration?
    let observer: any SchedulerObserver
    private let clockwork = DispatchQueue(label: "effnet.scheduler.timer")
    private let drained = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - workers: one a core.
    ///   - queueTimeout: how long a picture waits for a worker at most; nil for as long as it takes.
    package init(
        workers: Int,
        limits: BatcherLimits,
        queueTimeout: Duration? = nil,
        observer: any SchedulerObserver
    ) throws(ThreadStartError) {
        self.workers = workers
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

    /// Hands in the jobs of one request; each one's completion is called exactly once, here if they are refused.
    ///
    /// - Parameter answerBy: when the answers are of use at the latest; nil for any time.
    /// - Returns: what `cancel` takes.
    @discardableResult
    package func submit(_ jobs: [Job], answerBy: ContinuousClock.Instant? = nil) -> [UInt64] {
        let now = ContinuousClock.now
        let deadline = queueTimeout.map { now + $0 }
        let entries = jobs.map { job in
            Batcher.Entry(
                id: lastID.add(1, ordering: .relaxed).newValue,
                lane: job.lane,
                bytes: job.input.byteCount,
                arrival: now,
                deadline: deadline,
                answerBy: answerBy,
                payload: job
            )
        }
        handle(.submitted(entries))
        return entries.map(\.id)
    }

    /// Takes jobs out of the queue because nobody waits for them; one that a worker has is finished.
    package func cancel(_ ids: [UInt64]) {
        for id in ids { handle(.cancelled(id: id)) }
    }

    /// Notes what a run of the network took that was not the scheduler's.
    package func learn(_ measurement: CostModel.Measurement) {
        handle(.measured(measurement))
    }

    /// Forgets what a model cost, which is gone.
    package func forget(_ model: ServedModel) {
        handle(.forget(lanes: model.lanes))
    }

    /// What a model's pictures cost, as far as it was learnt; nil before anything was.
    package func costs(of model: ServedModel) -> LearntCosts? {
        batcher.withLock { $0.learntCosts(lane: model.pictureLane) }
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
                queuedByLane: batcher.queuedByLane,
                queuedBytes: batcher.queuedBytes,
                busyWorkers: batcher.busyWorkers,
                expectedWait: batcher.expectedWait(at: .now)
            )
        }
    }

    /// How long the worker that has been at it longest has had its batch; zero when all are idle.
    package var longestRun: Duration {
        batcher.withLock { $0.longestRun(at: .now) }
    }

    // MARK: Effects

    func handle(_ event: Batcher.Event) {
        let actions = batcher.withLock { $0.handle(event, at: .now) }
        for action in actions {
            switch action {
            case .start(let worker, let batch): send(.start(batch), to: worker)
            case .infer(let worker, let threads): send(.infer(threads: threads), to: worker)
            case .refuse(let entry, let refusal, let wait):
                let retryAfter = max(1, Int(min(wait.inSeconds, 3600).rounded(.up)))
                complete(entry.payload, .failure(.refused(refusal, retryAfter: retryAfter)))
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

    func complete(_ job: Job, _ result: Result<JobResult, JobFailure>) {
        observer.jobCompleted(model: job.model, result: result)
        job.completion(result)
    }
}

/// What a model's pictures cost, and what follows from it.
package struct LearntCosts: Sendable {
    package let model: CostModel
    /// Pictures in one run while many wait.
    package let payingBatch: Int
    /// Threads that run a lone picture while no other waits.
    package let payingThreads: Int
}

/// The load of a scheduler at one moment.
package struct SchedulerLoad: Sendable, Equatable {
    package let queuedPictures: Int
    let queuedByLane: [Int: Int]
    package let queuedBytes: Int
    package let busyWorkers: Int
    /// How long a picture that comes now would wait.
    package let expectedWait: Duration
}
