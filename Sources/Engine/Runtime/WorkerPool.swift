internal import CIntrinsics
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Threads that wait to help with a run. They spin briefly, as the next run may be near, and then park: an idle pool
/// costs no CPU time.
package final class WorkerPool: Sendable {
    /// A semaphore whose waiter spins for a while before it parks.
    private final class Gate: Sendable {
        private let isOpen = Atomic<Bool>(false)
        private let semaphore = DispatchSemaphore(value: 0)

        func open() {
            isOpen.store(true, ordering: .releasing)
            semaphore.signal()
        }

        func pass() {
            var spins = 0
            while spins < WorkerPool.spins, !isOpen.load(ordering: .acquiring) {
                spins += 1
                effnet_pause()
            }
            semaphore.wait()
            isOpen.store(false, ordering: .relaxed)
        }
    }

    /// One thread.
    private final class Worker: Sendable {
        let start = Gate()
        let finished = Gate()
        let job = Mutex<(@Sendable () -> Void)?>(nil)

        func loop() {
            while true {
                start.pass()
                guard let work = job.withLock({ $0.take() }) else { return }
                work()
                finished.open()
            }
        }
    }

    /// Tens of microseconds.
    private static let spins = 1_000

    /// The most threads that a run can have.
    package var maxThreads: Int { all.count + 1 }

    private let idle: Mutex<[Worker]>
    private let all: [Worker]

    /// - Parameter helpers: threads besides the ones that call `run`; where the system refuses one, there are fewer.
    package init(helpers: Int) {
        all = (0..<max(0, helpers)).compactMap { _ in
            let worker = Worker()
            let isStarted = (try? SystemThread.start { worker.loop() }) != nil
            return isStarted ? worker : nil
        }
        idle = Mutex(all)
    }

    deinit {
        for worker in all { worker.start.open() }
    }

    /// Runs `body` on the calling thread and on up to `threads − 1` helpers that are free, each with a number of its own
    /// from 0; returns when all are done.
    func run(threads: Int, _ body: @Sendable @escaping (_ index: Int, _ team: Team) -> Void) {
        let helpers = idle.withLock { idle in
            let count = min(max(0, threads - 1), idle.count)
            let taken = Array(idle.suffix(count))
            idle.removeLast(count)
            return taken
        }
        let team = Team(size: helpers.count + 1)
        for (index, helper) in helpers.enumerated() {
            helper.job.withLock { $0 = { body(index + 1, team) } }
            helper.start.open()
        }
        body(0, team)
        for helper in helpers { helper.finished.pass() }
        if !helpers.isEmpty { idle.withLock { $0 += helpers } }
    }
}
