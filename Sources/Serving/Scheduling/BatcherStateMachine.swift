import DequeModule

/// Decides which waiting entry runs when, on which worker and in which batch. It holds no lock, clock or thread: events
/// and the time go in, actions come out, and the caller performs them outside its lock.
///
/// - First in, first out within a lane; a batch never mixes lanes (models).
/// - A free worker takes what waits, up to its fair share among the free workers and the largest batch that pays.
/// - What cannot be served in time, by the costs measured so far, is refused when it comes.
/// - A worker that has decoded its batch while nothing waits borrows the cores of idle workers for the inference, as
///   many as make it faster by the costs measured so far.
package struct BatcherStateMachine<Payload: Sendable>: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// One picture that waits.
    package struct Entry: Sendable {
        package let id: UInt64
        package let lane: Int
        /// Counted against `BatcherLimits.maxQueueBytes`.
        package let bytes: Int
        package let arrival: Instant
        /// Expires if no worker has taken it by then; nil waits for ever.
        package let deadline: Instant?
        /// When its answer is of use at the latest; nil for any time. Expires too if no worker has taken it by then.
        package let answerBy: Instant?
        package let payload: Payload

        /// The earlier of both, with what is to be said of it.
        var expiry: (time: Instant, reason: Refusal)? {
            if let answerBy, answerBy <= deadline ?? answerBy { return (answerBy, .tooLate) }
            return deadline.map { ($0, .timedOut) }
        }

        package init(
            id: UInt64,
            lane: Int,
            bytes: Int,
            arrival: Instant,
            deadline: Instant?,
            answerBy: Instant? = nil,
            payload: Payload
        ) {
            self.id = id
            self.lane = lane
            self.bytes = bytes
            self.arrival = arrival
            self.deadline = deadline
            self.answerBy = answerBy
            self.payload = payload
        }
    }

    package enum Event: Sendable {
        /// The pictures of one request: all are accepted, or none.
        case submitted([Entry])
        /// Nobody waits for this entry any more; without effect once a worker has it.
        case cancelled(id: UInt64)
        /// The worker asks with how many threads it may infer.
        case decoded(worker: Int)
        /// The worker is free, with or without having inferred.
        case finished(worker: Int, CostModel.Measurement? = nil)
        /// A run outside the queue took this long.
        case measured(CostModel.Measurement)
        /// A model is gone: what it cost is of no interest any more.
        case forget(lanes: [Int])
        /// The time of the last `wake` action has come.
        case tick
        /// Accept nothing more; finish what waits and runs.
        case drain
    }

    package enum Action: Sendable {
        case start(worker: Int, batch: [Entry])
        case infer(worker: Int, threads: Int)
        /// Was not accepted, or not taken up in time.
        ///
        /// - Parameter wait: how long the queue is, by the costs measured so far.
        case refuse(Entry, Refusal, wait: Duration)
        case evict(Entry)
        /// Send `tick` at this time. Ticks at other times do no harm.
        case wake(at: Instant)
        /// Draining is over: nothing waits and nothing runs. Told once.
        case drained
    }

    private enum WorkerState {
        case idle, lent
        case decoding(lane: Int, images: Int)
        case inferring(borrowed: [Int])
    }

    let limits: BatcherLimits
    private var workers: [WorkerState]
    /// When each worker took its batch, and when it is expected to be done with it.
    private(set) var spans: [(start: Instant, end: Instant)?]
    /// The idle workers; the last one is taken first.
    private(set) var idle: [Int]
    private(set) var queue = Deque<Entry>()
    private(set) var queuedByLane: [Int: Int] = [:]
    /// By lane.
    package internal(set) var costs: [Int: CostModel] = [:]
    /// No waiting entry expires earlier.
    private var earliestExpiry: Instant?
    private var announcedWake: Instant?
    private var isDraining = false
    private var toldDrained = false

    /// Bytes of all waiting entries.
    package private(set) var queuedBytes = 0
    package var queuedCount: Int { queue.count }

    /// Workers that have a batch.
    package var busyWorkers: Int {
        workers.count { state in
            switch state {
            case .decoding, .inferring: true
            case .idle, .lent: false
            }
        }
    }

    package init(workers: Int, limits: BatcherLimits) {
        self.limits = limits
        self.workers = Array(repeating: .idle, count: workers)
        spans = Array(repeating: nil, count: workers)
        idle = Array((0..<workers).reversed())
    }

    /// What an event at a time leads to. Times never go backwards.
    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .submitted(let entries):
            if let refusal = refusal(of: entries, at: now) {
                let wait = expectedWait(at: now)
                actions += entries.map { .refuse($0, refusal, wait: wait) }
            } else {
                for entry in entries { enqueue(entry) }
            }
        case .cancelled(let id):
            if let index = queue.firstIndex(where: { $0.id == id }) {
                actions.append(.evict(remove(at: index)))
            }
        case .decoded(let worker):
            if let action = beginInference(on: worker, at: now) { actions.append(action) }
        case .finished(let worker, let measurement):
            if let measurement { learn(measurement, span: spans[worker].map { $0.start.duration(to: now) }) }
            release(worker)
        case .measured(let measurement):
            learn(measurement)
        case .forget(let lanes):
            for lane in lanes { costs[lane] = nil }
        case .tick:
            announcedWake = nil
        case .drain:
            isDraining = true
        }
        expireOverdue(at: now, into: &actions)
        startBatches(at: now, into: &actions)
        announceWake(at: now, into: &actions)
        if isDraining, !toldDrained, queue.isEmpty, busyWorkers == 0 {
            toldDrained = true
            actions.append(.drained)
        }
        return actions
    }

    // MARK: Queue

    private func refusal(of entries: [Entry], at now: Instant) -> Refusal? {
        if isDraining { return .draining }
        // Entries that workers take at once do not wait, and need no room.
        let taken = queue.isEmpty ? min(idle.count, entries.count) : 0
        let waiting = entries.dropFirst(taken)
        if !waiting.isEmpty {
            if queue.count + waiting.count > limits.maxQueue { return .queueFull }
            let (bytes, overflow) = queuedBytes.addingReportingOverflow(waiting.reduce(0) { $0 + $1.bytes })
            if overflow || bytes > limits.maxQueueBytes { return .queueBytesFull }
        }
        return canMeetDeadlines(entries, at: now) ? nil : .tooLate
    }

    private mutating func enqueue(_ entry: Entry) {
        queue.append(entry)
        queuedBytes += entry.bytes
        queuedByLane[entry.lane, default: 0] += 1
        if let expiry = entry.expiry?.time {
            earliestExpiry = min(earliestExpiry ?? expiry, expiry)
        }
    }

    private mutating func remove(at index: Int) -> Entry {
        let entry = queue.remove(at: index)
        queuedBytes -= entry.bytes
        let left = (queuedByLane[entry.lane] ?? 1) - 1
        queuedByLane[entry.lane] = left > 0 ? left : nil
        if queue.isEmpty { earliestExpiry = nil }
        return entry
    }

    private mutating func expireOverdue(at now: Instant, into actions: inout [Action]) {
        guard let earliest = earliestExpiry, earliest <= now else { return }
        var overdue: [(entry: Entry, reason: Refusal)] = []
        var index = 0
        while index < queue.count {
            if let expiry = queue[index].expiry, expiry.time <= now {
                overdue.append((remove(at: index), expiry.reason))
            } else {
                index += 1
            }
        }
        earliestExpiry = queue.lazy.compactMap { $0.expiry?.time }.min()
        let wait = expectedWait(at: now)
        actions += overdue.map { .refuse($0.entry, $0.reason, wait: wait) }
    }

    // MARK: Batches

    private mutating func startBatches(at now: Instant, into actions: inout [Action]) {
        while isBatchDue(at: now), let worker = idle.popLast() {
            let batch = takeBatch(limit: batchLimit(freeWorkers: idle.count + 1))
            guard let lane = batch.first?.lane else { return idle.append(worker) }
            workers[worker] = .decoding(lane: lane, images: batch.count)
            let cores = queue.isEmpty ? idle.count + 1 : 1
            spans[worker] = (now, now + .seconds(costs[lane]?.batchSeconds(images: batch.count, cores: cores) ?? 0))
            actions.append(.start(worker: worker, batch: batch))
        }
    }

    /// Whether the oldest entry should start now rather than wait for company.
    private func isBatchDue(at now: Instant) -> Bool {
        guard let oldest = queue.first else { return false }
        if isDraining || limits.maxQueueDelay == .zero || queue.count >= limits.maxBatch { return true }
        return oldest.arrival + limits.maxQueueDelay <= now
    }

    /// The fair share of each free worker, if so many pay; all that fits, where entries waited for company on purpose.
    private func batchLimit(freeWorkers: Int) -> Int {
        guard limits.maxQueueDelay == .zero, let lane = queue.first?.lane else { return limits.maxBatch }
        return min(payingBatch(lane: lane), (queue.count + freeWorkers - 1) / freeWorkers)
    }

    /// Removes the oldest entry and those of its lane that follow, in order.
    private mutating func takeBatch(limit: Int) -> [Entry] {
        guard let lane = queue.first?.lane else { return [] }
        var batch: [Entry] = []
        var index = 0
        while index < queue.count, batch.count < limit {
            if queue[index].lane == lane {
                batch.append(remove(at: index))
            } else {
                index += 1
            }
        }
        return batch
    }

    // MARK: Workers

    private mutating func beginInference(on worker: Int, at now: Instant) -> Action? {
        guard case .decoding(let lane, let images) = workers[worker] else { return nil }
        var borrowed: [Int] = []
        if queue.isEmpty, !idle.isEmpty {
            let threads = costs[lane, default: CostModel()].chooseThreads(images: images, cores: idle.count + 1)
            borrowed = Array(idle.suffix(threads - 1))
            idle.removeLast(borrowed.count)
            for helper in borrowed {
                workers[helper] = .lent
                spans[helper] = spans[worker].map { (now, $0.end) }
            }
        }
        workers[worker] = .inferring(borrowed: borrowed)
        return .infer(worker: worker, threads: borrowed.count + 1)
    }

    private mutating func release(_ worker: Int) {
        let returned: [Int]
        switch workers[worker] {
        case .idle, .lent: return
        case .decoding: returned = []
        case .inferring(let borrowed): returned = borrowed
        }
        // Helpers are taken before the worker itself, which still has its answers to write.
        for freed in [worker] + returned {
            workers[freed] = .idle
            spans[freed] = nil
            idle.append(freed)
        }
    }

    // MARK: Time

    private mutating func announceWake(at now: Instant, into actions: inout [Action]) {
        var next = earliestExpiry
        if !idle.isEmpty, let oldest = queue.first {
            let due = oldest.arrival + limits.maxQueueDelay
            next = min(next ?? due, due)
        }
        guard let next else { return }
        if let announcedWake, announcedWake > now, announcedWake <= next { return }
        announcedWake = next
        actions.append(.wake(at: next))
    }
}

/// The bounds of a batcher, each a flag of the command line.
package struct BatcherLimits: Sendable, Equatable {
    /// Pictures in one run of the network.
    package var maxBatch = 8
    /// Pictures that wait.
    package var maxQueue = 256
    /// Bytes of the compressed pictures that wait.
    package var maxQueueBytes = 128 << 20
    /// How long a picture waits for company while a core is free.
    package var maxQueueDelay: Duration = .zero

    package init() {}
}

/// Why a picture was not accepted, or not for long enough.
package enum Refusal: String, Error, Sendable, CaseIterable {
    case queueFull = "queue_full"
    case queueBytesFull = "queue_bytes_full"
    case timedOut = "queue_timeout"
    /// By the costs measured so far it could not have been answered in time.
    case tooLate = "deadline"
    case draining
    case notReady = "not_ready"
}
