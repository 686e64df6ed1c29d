import Dispatch

/// Runs an actor on one serial queue, so that the queue's event sources may enter the actor without a hop
/// (`assumeIsolated`), and the compiler holds everything of the actor to that queue.
final class LoopExecutor: SerialExecutor {
    let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label, qos: .userInitiated)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}

/// An actor that lives on a queue of its own.
protocol LoopActor: Actor {
    nonisolated var executor: LoopExecutor { get }
}

extension LoopActor {
    /// Runs `body` on the actor's queue, later.
    nonisolated func run(_ body: @escaping @Sendable (isolated Self) -> Void) {
        executor.queue.async { self.assumeIsolated { body($0) } }
    }

    /// Runs `body` on the actor's queue and waits for it; never to be called from there.
    nonisolated func runAndWait(_ body: @escaping @Sendable (isolated Self) -> Void) {
        executor.queue.sync { self.assumeIsolated { body($0) } }
    }
}
