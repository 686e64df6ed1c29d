import Dispatch
import Synchronization

/// The open sockets of one server: how many there are, and when the last one is gone.
final class ConnectionCount: Sendable {
    private let servedCount = Atomic(0)
    private let refusedCount = Atomic(0)
    private let group = DispatchGroup()

    var served: Int { servedCount.load(ordering: .relaxed) }
    /// Those that are only told that there is no room; they take no place of the others.
    var refused: Int { refusedCount.load(ordering: .relaxed) }

    func add(isRefused: Bool) {
        if isRefused {
            refusedCount.add(1, ordering: .relaxed)
        } else {
            servedCount.add(1, ordering: .relaxed)
        }
    }

    func remove(isRefused: Bool) {
        if isRefused {
            refusedCount.subtract(1, ordering: .relaxed)
        } else {
            servedCount.subtract(1, ordering: .relaxed)
        }
    }

    /// Keeps `waitUntilReleased` waiting until a `release`.
    func hold() {
        group.enter()
    }

    func release() {
        group.leave()
    }

    /// Returns whether all that was held was released before the deadline.
    func waitUntilReleased(deadline: ContinuousClock.Instant) -> Bool {
        let left = max(.zero, ContinuousClock.now.duration(to: deadline))
        let nanoseconds = Double(left.components.seconds) * 1e9 + Double(left.components.attoseconds) / 1e9
        return group.wait(timeout: .now() + .nanoseconds(Int(min(nanoseconds, 1e18)))) == .success
    }
}
