import Dispatch
import Synchronization

/// The open sockets of one server: how many there are, and when the last one is gone.
final class ConnectionCount: Sendable {
    private let count = Atomic(0)
    private let group = DispatchGroup()

    var current: Int { count.load(ordering: .relaxed) }

    func enter() {
        hold()
        count.add(1, ordering: .relaxed)
    }

    func leave() {
        count.subtract(1, ordering: .relaxed)
        release()
    }

    /// Keeps `waitUntilEmpty` waiting for something that is no connection.
    func hold() {
        group.enter()
    }

    func release() {
        group.leave()
    }

    /// Returns whether all were gone before the deadline.
    func waitUntilEmpty(deadline: ContinuousClock.Instant) -> Bool {
        let left = max(.zero, ContinuousClock.now.duration(to: deadline))
        let nanoseconds = Double(left.components.seconds) * 1e9 + Double(left.components.attoseconds) / 1e9
        return group.wait(timeout: .now() + .nanoseconds(Int(min(nanoseconds, 1e18)))) == .success
    }
}
