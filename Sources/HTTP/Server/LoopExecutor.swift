import Dispatch
import Synchronization

/// Runs an event loop on one serial queue, whose only block is the loop itself. What other threads want of the loop waits
/// here until the loop takes it.
final class LoopExecutor: SerialExecutor {
    typealias Job = @Sendable () -> Void

    let poller: Poller
    private let queue: DispatchQueue
    /// Nil once the loop has ended: what is still posted is dropped.
    private let jobs = Mutex<[Job]?>([])

    init(label: String) throws(ServerError) {
        poller = try Poller()
        queue = DispatchQueue(label: label, qos: .userInitiated)
    }

    func begin(_ loop: @escaping Job) {
        queue.async(execute: loop)
    }

    /// Called from any thread; `job` runs on the loop, later.
    func post(_ job: @escaping Job) {
        let isFirst = jobs.withLock { jobs in
            defer { jobs?.append(job) }
            return jobs?.isEmpty ?? false
        }
        if isFirst { poller.ring() }
    }

    /// What was posted, in its order.
    func takeJobs() -> [Job] {
        poller.silenceBell()
        return jobs.withLock { jobs in
            defer { if jobs != nil { jobs = [] } }
            return jobs ?? []
        }
    }

    func end() {
        jobs.withLock { $0 = nil }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        post { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
