internal import CIntrinsics
internal import Glibc
internal import Synchronization

/// The threads of one run. Each step's units are shared out in equal ranges, so that neighbouring units, which work on
/// neighbouring data, go to the thread that has those in its caches; who is done helps the others.
final class Team: Sendable {
    let size: Int
    /// For each thread how many units of its range are drawn.
    private let drawn: [Counter]
    private let arrived = Atomic<Int>(0)
    private let phase = Atomic<Int>(0)

    /// Alone on its cache line.
    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
        private let padding = InlineArray<16, Int> { _ in 0 }
    }

    init(size: Int) {
        self.size = size
        drawn = (0..<size).map { _ in Counter() }
    }

    /// Calls `body` for units 0..<count that no other thread has drawn; returns when all threads are done with all.
    func forEach(_ count: Int, thread: Int, _ body: (Int) -> Void) {
        for next in thread..<thread + size {
            let owner = next % size
            let end = count * (owner + 1) / size
            while true {
                let number = drawn[owner].value.wrappingAdd(1, ordering: .relaxed).oldValue
                let unit = count * owner / size + number
                if unit >= end { break }
                body(unit)
            }
        }
        barrier { for counter in drawn { counter.value.store(0, ordering: .relaxed) } }
    }

    /// Returns when all threads are here. Spins briefly: the others are in the middle of short units. Yields in case one
    /// of them lost its core.
    ///
    /// - Parameter atEnd: called by the last thread before the others go on.
    func barrier(atEnd: () -> Void = {}) {
        let current = phase.load(ordering: .relaxed)
        if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == size {
            arrived.store(0, ordering: .relaxed)
            atEnd()
            phase.store(current &+ 1, ordering: .releasing)
            return
        }
        var spins = 0
        while phase.load(ordering: .acquiring) == current {
            spins += 1
            if spins < 2_000 { effnet_pause() } else { sched_yield() }
        }
    }
}
