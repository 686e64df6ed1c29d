import Synchronization

/// What happened in the last minutes: a ring of short slices of time, each with a histogram for each phase.
final class RecentStatistics: Sendable {
    enum Phase: String, CaseIterable, Sendable {
        case receive, decode, queue, inference, encode, total
    }

    /// Everything of some slices together.
    struct Window: Sendable {
        var phases = Phase.allCases.map { _ in DurationHistogram() }
        /// Requests answered with what the network said.
        var requests = 0
        var pictures = 0
        var failures = 0
        /// Runs of the network by the size of their batch.
        var batches: [Int: Int] = [:]

        subscript(_ phase: Phase) -> DurationHistogram { phases[RecentStatistics.index(phase)] }

        fileprivate mutating func add(_ other: Window) {
            for index in phases.indices { phases[index].add(other.phases[index]) }
            requests += other.requests
            pictures += other.pictures
            failures += other.failures
            batches.merge(other.batches, uniquingKeysWith: +)
        }

        fileprivate mutating func removeAll() {
            for index in phases.indices { phases[index].removeAll() }
            requests = 0
            pictures = 0
            failures = 0
            batches.removeAll(keepingCapacity: true)
        }
    }

    private struct Slice {
        /// Counted from the start of the process.
        var number: Int
        var window = Window()
    }

    static let sliceLength: Duration = .seconds(10)
    private static let sliceCount = 31

    private let start: ContinuousClock.Instant
    /// By their number modulo the ring's length; made when first needed.
    private let slices = Mutex([Slice?](repeating: nil, count: sliceCount))

    init(start: ContinuousClock.Instant = .now) {
        self.start = start
    }

    /// Notes what happened at a time.
    func record(at now: ContinuousClock.Instant = .now, _ body: (inout Window) -> Void) {
        let number = sliceNumber(now)
        slices.withLock { slices in
            let index = number % Self.sliceCount
            var slice = slices[index] ?? Slice(number: number)
            // So that the slice is changed in place.
            slices[index] = nil
            if slice.number != number {
                slice.number = number
                slice.window.removeAll()
            }
            body(&slice.window)
            slices[index] = slice
        }
    }

    /// All that happened in the last `duration`, at most five minutes, and the time that this covers.
    func window(last duration: Duration, at now: ContinuousClock.Instant = .now) -> (window: Window, covered: Duration)
    {
        let current = sliceNumber(now)
        let count = min(Int(duration / Self.sliceLength), Self.sliceCount - 1)
        let first = max(0, current - count)
        var sum = Window()
        slices.withLock { slices in
            for case let slice? in slices where (first...current).contains(slice.number) { sum.add(slice.window) }
        }
        return (sum, start.duration(to: now) - Self.sliceLength * first)
    }

    private func sliceNumber(_ now: ContinuousClock.Instant) -> Int {
        max(0, Int(start.duration(to: now) / Self.sliceLength))
    }

    fileprivate static func index(_ phase: Phase) -> Int {
        switch phase {
        case .receive: 0
        case .decode: 1
        case .queue: 2
        case .inference: 3
        case .encode: 4
        case .total: 5
        }
    }
}

extension RecentStatistics.Window {
    mutating func add(_ duration: Duration, to phase: RecentStatistics.Phase) {
        phases[RecentStatistics.index(phase)].add(duration)
    }
}
