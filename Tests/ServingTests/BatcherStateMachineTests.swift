import Serving
import Testing

@Suite struct BatcherStateMachineTests {
    private typealias Batcher = BatcherStateMachine<Int>

    private let start = ContinuousClock.now

    private func entry(
        _ id: UInt64,
        lane: Int = 0,
        bytes: Int = 10,
        at milliseconds: Int = 0,
        deadline: Int? = nil
    ) -> BatcherStateMachine<Int>.Entry {
        .init(
            id: id,
            lane: lane,
            bytes: bytes,
            arrival: time(milliseconds),
            deadline: deadline.map(time),
            payload: Int(id)
        )
    }

    private func time(_ milliseconds: Int) -> ContinuousClock.Instant {
        start + .milliseconds(milliseconds)
    }

    private func batcher(workers: Int, _ change: (inout BatcherLimits) -> Void = { _ in }) -> BatcherStateMachine<Int> {
        var limits = BatcherLimits()
        change(&limits)
        return BatcherStateMachine(workers: workers, limits: limits)
    }

    /// Actions in short, so that whole sequences can be compared.
    private func short(_ actions: [BatcherStateMachine<Int>.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .start(let worker, let batch): "start \(worker): \(batch.map(\.id))"
            case .infer(let worker, let threads): "infer \(worker) with \(threads)"
            case .refuse(let entry, let refusal, _): "refuse \(entry.id): \(refusal.rawValue)"
            case .evict(let entry): "evict \(entry.id)"
            case .wake(let instant): "wake at \(Int((instant - start) / .milliseconds(1)))"
            case .drained: "drained"
            }
        }
    }

    @Test func aLoneRequestStartsAtOnceAndInfersOnAllCores() {
        var batcher = batcher(workers: 4)
        #expect(short(batcher.handle(.submitted([entry(1)]), at: time(0))) == ["start 0: [1]"])
        #expect(short(batcher.handle(.decoded(worker: 0), at: time(1))) == ["infer 0 with 4"])
        #expect(batcher.busyWorkers == 1)
        #expect(short(batcher.handle(.finished(worker: 0), at: time(2))) == [])
        #expect(batcher.busyWorkers == 0)
    }

    @Test func requestsThatComeWhileAllCoresAreLentWaitForTheBatchToEnd() {
        var batcher = batcher(workers: 2)
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        _ = batcher.handle(.decoded(worker: 0), at: time(1))
        #expect(short(batcher.handle(.submitted([entry(2)]), at: time(1))) == [])
        #expect(short(batcher.handle(.submitted([entry(3)]), at: time(1))) == [])
        // Both cores are free again: each takes its share.
        #expect(short(batcher.handle(.finished(worker: 0), at: time(2))) == ["start 1: [2]", "start 0: [3]"])
    }

    @Test func twoRequestsTakeACoreEach() {
        var batcher = batcher(workers: 2)
        #expect(short(batcher.handle(.submitted([entry(1)]), at: time(0))) == ["start 0: [1]"])
        #expect(short(batcher.handle(.submitted([entry(2)]), at: time(0))) == ["start 1: [2]"])
        #expect(short(batcher.handle(.decoded(worker: 0), at: time(1))) == ["infer 0 with 1"])
        #expect(short(batcher.handle(.decoded(worker: 1), at: time(1))) == ["infer 1 with 1"])
    }

    @Test func aFreeWorkerTakesWhatWaitsUpToTheLargestBatch() {
        var batcher = batcher(workers: 1) { $0.maxBatch = 3 }
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        for id in 2...6 { #expect(short(batcher.handle(.submitted([entry(UInt64(id))]), at: time(1))) == []) }
        #expect(short(batcher.handle(.finished(worker: 0), at: time(2))) == ["start 0: [2, 3, 4]"])
        #expect(short(batcher.handle(.finished(worker: 0), at: time(3))) == ["start 0: [5, 6]"])
    }

    @Test func aBatchHoldsOneLaneOnlyAndNobodyIsOvertakenInALane() {
        var batcher = batcher(workers: 1)
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        for (id, lane) in [(2, 7), (3, 8), (4, 7), (5, 8)] {
            _ = batcher.handle(.submitted([entry(UInt64(id), lane: lane)]), at: time(0))
        }
        #expect(short(batcher.handle(.finished(worker: 0), at: time(1))) == ["start 0: [2, 4]"])
        #expect(short(batcher.handle(.finished(worker: 0), at: time(1))) == ["start 0: [3, 5]"])
    }

    @Test func theQueueIsBoundedInCountAndBytes() {
        var batcher = batcher(workers: 1) {
            $0.maxQueue = 2
            $0.maxQueueBytes = 100
        }
        // What a free worker takes does not count.
        #expect(short(batcher.handle(.submitted([entry(1, bytes: 1000)]), at: time(0))) == ["start 0: [1]"])
        #expect(short(batcher.handle(.submitted([entry(2, bytes: 60)]), at: time(0))) == [])
        #expect(
            short(batcher.handle(.submitted([entry(3, bytes: 41)]), at: time(0))) == ["refuse 3: queue_bytes_full"]
        )
        #expect(short(batcher.handle(.submitted([entry(4, bytes: 40)]), at: time(0))) == [])
        #expect(short(batcher.handle(.submitted([entry(5, bytes: 0)]), at: time(0))) == ["refuse 5: queue_full"])
        #expect(batcher.queuedCount == 2)
        #expect(batcher.queuedBytes == 100)
        _ = batcher.handle(.finished(worker: 0), at: time(1))
        #expect(batcher.queuedBytes == 0)
    }

    @Test func byteCountsThatOverflowAreRefused() {
        var batcher = batcher(workers: 1) { $0.maxQueueBytes = .max }
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        _ = batcher.handle(.submitted([entry(2, bytes: .max)]), at: time(0))
        #expect(
            short(batcher.handle(.submitted([entry(3, bytes: 1)]), at: time(0))) == ["refuse 3: queue_bytes_full"]
        )
    }

    @Test func aQueueOfNothingStillServesFreeWorkers() {
        var batcher = batcher(workers: 1) { $0.maxQueue = 0 }
        #expect(short(batcher.handle(.submitted([entry(1)]), at: time(0))) == ["start 0: [1]"])
        #expect(short(batcher.handle(.submitted([entry(2)]), at: time(0))) == ["refuse 2: queue_full"])
    }

    @Test func cancellationEvictsWhatWaitsAndNothingElse() {
        var batcher = batcher(workers: 1)
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        _ = batcher.handle(.submitted([entry(2)]), at: time(0))
        _ = batcher.handle(.submitted([entry(3)]), at: time(0))
        #expect(short(batcher.handle(.cancelled(id: 2), at: time(1))) == ["evict 2"])
        #expect(short(batcher.handle(.cancelled(id: 2), at: time(1))) == [])
        #expect(short(batcher.handle(.cancelled(id: 1), at: time(1))) == [])
        #expect(short(batcher.handle(.finished(worker: 0), at: time(2))) == ["start 0: [3]"])
        #expect(batcher.queuedBytes == 0)
    }

    @Test func deadlinesExpireByTickInAnyOrder() {
        var batcher = batcher(workers: 1)
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        #expect(short(batcher.handle(.submitted([entry(2, deadline: 50)]), at: time(0))) == ["wake at 50"])
        #expect(short(batcher.handle(.submitted([entry(3, deadline: 20)]), at: time(1))) == ["wake at 20"])
        #expect(short(batcher.handle(.submitted([entry(4, deadline: 90)]), at: time(2))) == [])
        #expect(short(batcher.handle(.tick, at: time(20))) == ["refuse 3: queue_timeout", "wake at 50"])
        #expect(short(batcher.handle(.tick, at: time(60))) == ["refuse 2: queue_timeout", "wake at 90"])
        #expect(short(batcher.handle(.finished(worker: 0), at: time(70))) == ["start 0: [4]"])
    }

    @Test func aWorkerThatBecomesFreeDoesNotTakeWhatHasExpired() {
        var batcher = batcher(workers: 1)
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        _ = batcher.handle(.submitted([entry(2, deadline: 10)]), at: time(0))
        _ = batcher.handle(.submitted([entry(3, deadline: 30)]), at: time(0))
        #expect(
            short(batcher.handle(.finished(worker: 0), at: time(15))) == ["refuse 2: queue_timeout", "start 0: [3]"]
        )
    }

    @Test func withAQueueDelayAFreeWorkerWaitsForCompany() {
        var batcher = batcher(workers: 2) {
            $0.maxQueueDelay = .milliseconds(10)
            $0.maxBatch = 3
        }
        #expect(short(batcher.handle(.submitted([entry(1, at: 0)]), at: time(0))) == ["wake at 10"])
        #expect(short(batcher.handle(.submitted([entry(2, at: 4)]), at: time(4))) == [])
        #expect(short(batcher.handle(.tick, at: time(10))) == ["start 0: [1, 2]"])
        _ = batcher.handle(.submitted([entry(3, at: 12)]), at: time(12))
        _ = batcher.handle(.submitted([entry(4, at: 13)]), at: time(13))
        // A full batch does not wait.
        #expect(short(batcher.handle(.submitted([entry(5, at: 14)]), at: time(14))) == ["start 1: [3, 4, 5]"])
    }

    @Test func coresAreNotLentWhileRequestsWait() {
        var batcher = batcher(workers: 2) {
            $0.maxQueueDelay = .milliseconds(10)
            $0.maxBatch = 2
        }
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        _ = batcher.handle(.tick, at: time(10))
        _ = batcher.handle(.submitted([entry(2, at: 11)]), at: time(11))
        #expect(short(batcher.handle(.decoded(worker: 0), at: time(12))) == ["infer 0 with 1"])
    }

    @Test func drainingRefusesTheNewFinishesTheOldAndIsToldOnce() {
        var batcher = batcher(workers: 1)
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        _ = batcher.handle(.submitted([entry(2)]), at: time(0))
        #expect(short(batcher.handle(.drain, at: time(1))) == [])
        #expect(short(batcher.handle(.submitted([entry(3)]), at: time(2))) == ["refuse 3: draining"])
        #expect(short(batcher.handle(.finished(worker: 0), at: time(3))) == ["start 0: [2]"])
        #expect(short(batcher.handle(.finished(worker: 0), at: time(4))) == ["drained"])
        #expect(short(batcher.handle(.drain, at: time(5))) == [])
    }

    @Test func drainingEndsTheWaitForCompany() {
        var batcher = batcher(workers: 1) { $0.maxQueueDelay = .seconds(1) }
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        #expect(short(batcher.handle(.drain, at: time(1))) == ["start 0: [1]"])
    }

    @Test func anIdleBatcherIsDrainedAtOnce() {
        var batcher = batcher(workers: 3)
        #expect(short(batcher.handle(.drain, at: time(0))) == ["drained"])
    }

    /// Random events, with the workers played by the test: each entry gets exactly one fate, bounds hold, cores are
    /// never used twice, and draining always comes to its end.
    @Test(arguments: 0..<60)
    func noRequestIsLostOrAnsweredTwice(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let workers = Int.random(in: 1...5, using: &random)
        let maxBatch = Int.random(in: 1...6, using: &random)
        let maxQueue = Int.random(in: 0...20, using: &random)
        let delay = Bool.random(using: &random) ? 0 : Int.random(in: 1...5, using: &random)
        var batcher = batcher(workers: workers) {
            $0.maxBatch = maxBatch
            $0.maxQueue = maxQueue
            $0.maxQueueBytes = 500
            $0.maxQueueDelay = .milliseconds(delay)
        }
        var fates: [UInt64: Int] = [:]
        var decoding: Set<Int> = []
        var threads: [Int: Int] = [:]
        var wake: Int?
        var isDrained = false
        var now = 0
        var submitted: UInt64 = 0

        func perform(_ event: BatcherStateMachine<Int>.Event) {
            for action in batcher.handle(event, at: time(now)) {
                switch action {
                case .start(let worker, let batch):
                    #expect(!decoding.contains(worker) && threads[worker] == nil)
                    #expect((1...maxBatch).contains(batch.count))
                    #expect(Set(batch.map(\.lane)).count == 1)
                    #expect(batch.map(\.id) == batch.map(\.id).sorted())
                    decoding.insert(worker)
                    for entry in batch { fates[entry.id, default: 0] += 1 }
                case .infer(let worker, let count):
                    decoding.remove(worker)
                    threads[worker] = count
                case .refuse(let entry, _, _), .evict(let entry):
                    fates[entry.id, default: 0] += 1
                case .wake(let instant):
                    wake = Int((instant - start) / .milliseconds(1))
                case .drained:
                    isDrained = true
                }
            }
            #expect(decoding.count + threads.values.reduce(0, +) <= workers)
            #expect(batcher.busyWorkers == decoding.count + threads.count)
            #expect(batcher.queuedCount <= max(maxQueue, 1))
        }

        func workStep() {
            if let worker = decoding.sorted().randomElement(using: &random) {
                if Int.random(in: 0..<5, using: &random) == 0 {
                    decoding.remove(worker)
                    perform(.finished(worker: worker))
                } else {
                    perform(.decoded(worker: worker))
                }
            } else if let worker = threads.keys.sorted().randomElement(using: &random) {
                threads[worker] = nil
                perform(.finished(worker: worker))
            }
        }

        for _ in 0..<400 {
            now += Int.random(in: 0...2, using: &random)
            if let due = wake, due <= now {
                wake = nil
                perform(.tick)
            }
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                submitted += 1
                let lane = Int.random(in: 0...1, using: &random)
                let bytes = Int.random(in: 0...60, using: &random)
                let deadline = Bool.random(using: &random) ? nil : now + Int.random(in: 0...30, using: &random)
                perform(.submitted([entry(submitted, lane: lane, bytes: bytes, at: now, deadline: deadline)]))
            case 5 where submitted > 0:
                perform(.cancelled(id: .random(in: 1...submitted, using: &random)))
            default:
                workStep()
            }
        }
        perform(.drain)
        while !decoding.isEmpty || !threads.isEmpty { workStep() }
        #expect(isDrained)
        #expect(batcher.queuedCount == 0)
        #expect(batcher.queuedBytes == 0)
        #expect(fates.count == Int(submitted))
        #expect(fates.values.allSatisfy { $0 == 1 })
    }
}

/// SplitMix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
