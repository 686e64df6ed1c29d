import Serving
import Testing

/// What follows from the costs of pictures: who is refused when it comes, how many threads run a lone picture, and how
/// large batches are.
@Suite struct BatcherCostsTests {
    private typealias Batcher = BatcherStateMachine<Int>

    private let start = ContinuousClock.now

    private func time(_ milliseconds: Int) -> ContinuousClock.Instant {
        start + .milliseconds(milliseconds)
    }

    private func entry(
        _ id: UInt64,
        at milliseconds: Int = 0,
        startBy: Int? = nil,
        answerBy: Int? = nil
    ) -> BatcherStateMachine<Int>.Entry {
        .init(
            id: id,
            lane: 0,
            bytes: 1,
            arrival: time(milliseconds),
            deadline: startBy.map(time),
            answerBy: answerBy.map(time),
            payload: Int(id)
        )
    }

    /// One that has seen runs of 1, 2 and 4 pictures: 2 ms a picture for decoding, and of the network, by the number of
    /// threads, so many milliseconds a picture and a run.
    private func batcher(
        workers: Int,
        maxBatch: Int = 8,
        costs: [Int: (image: Int, run: Int)]
    ) -> BatcherStateMachine<Int> {
        var limits = BatcherLimits()
        limits.maxBatch = maxBatch
        var batcher = Batcher(workers: workers, limits: limits)
        for (threads, cost) in costs {
            for images in [1, 2, 4] {
                let measurement = CostModel.Measurement(
                    lane: 0,
                    images: images,
                    threads: threads,
                    decode: .milliseconds(2 * images),
                    inference: .milliseconds(cost.run + cost.image * images)
                )
                #expect(batcher.handle(.measured(measurement), at: start).isEmpty)
            }
        }
        return batcher
    }

    /// The one refusal of some actions: why, and how many milliseconds there are to wait.
    private func refusal(_ actions: [BatcherStateMachine<Int>.Action]) -> (reason: Refusal, wait: Int)? {
        for case .refuse(_, let reason, let wait) in actions {
            return (reason, Int((wait / .milliseconds(1)).rounded()))
        }
        return nil
    }

    /// What is expected, in milliseconds.
    private func wait(_ batcher: BatcherStateMachine<Int>, at milliseconds: Int) -> Int {
        Int((batcher.expectedWait(at: time(milliseconds)) / .milliseconds(1)).rounded())
    }

    private func startedBatches(_ actions: [BatcherStateMachine<Int>.Action]) -> [Int] {
        actions.compactMap { if case .start(_, let batch) = $0 { batch.count } else { nil } }
    }

    private func threads(_ actions: [BatcherStateMachine<Int>.Action]) -> [Int] {
        actions.compactMap { if case .infer(_, let threads) = $0 { threads } else { nil } }
    }

    // MARK: Deadlines

    @Test(arguments: [(39, true), (41, false)])
    func whatCannotBeAnsweredInTimeIsRefusedWhenItComes(answerBy: Int, isRefused: Bool) {
        var batcher = batcher(workers: 1, maxBatch: 1, costs: [1: (image: 8, run: 0)])
        // Done at 10, 20 and 30.
        for id in 1...3 { #expect(refusal(batcher.handle(.submitted([entry(UInt64(id))]), at: time(0))) == nil) }
        #expect(wait(batcher, at: 0) == 30)
        let refusal = refusal(batcher.handle(.submitted([entry(4, answerBy: answerBy)]), at: time(0)))
        #expect(refusal?.reason == (isRefused ? .tooLate : nil))
        #expect(refusal?.wait == (isRefused ? 30 : nil))
    }

    @Test(arguments: [(29, true), (31, false)])
    func whatCannotBeStartedInTimeIsRefusedWhenItComes(startBy: Int, isRefused: Bool) {
        var batcher = batcher(workers: 1, maxBatch: 1, costs: [1: (image: 8, run: 0)])
        for id in 1...3 { _ = batcher.handle(.submitted([entry(UInt64(id))]), at: time(0)) }
        let refusal = refusal(batcher.handle(.submitted([entry(4, startBy: startBy)]), at: time(0)))
        #expect(refusal?.reason == (isRefused ? .tooLate : nil))
    }

    @Test func theWaitShrinksWhileTheWorkIsDoneAndNeverBelowNothing() {
        var batcher = batcher(workers: 1, maxBatch: 1, costs: [1: (image: 8, run: 0)])
        for id in 1...3 { _ = batcher.handle(.submitted([entry(UInt64(id))]), at: time(0)) }
        #expect(wait(batcher, at: 7) == 23)
        // The first one takes longer than it should: two still wait.
        #expect(wait(batcher, at: 500) == 20)
        _ = batcher.handle(.finished(worker: 0), at: time(500))
        _ = batcher.handle(.finished(worker: 0), at: time(510))
        _ = batcher.handle(.finished(worker: 0), at: time(520))
        #expect(wait(batcher, at: 520) == 0)
    }

    /// Each batch keeps its worker for 15 ms, of which decoding and the network take 10.
    @Test func whatAnswersTakeCountsToo() {
        var batcher = batcher(workers: 1, maxBatch: 1, costs: [1: (image: 8, run: 0)])
        let measurement = CostModel.Measurement(
            lane: 0,
            images: 1,
            threads: 1,
            decode: .milliseconds(2),
            inference: .milliseconds(8)
        )
        for id in 0..<200 {
            _ = batcher.handle(.submitted([entry(UInt64(id))]), at: time(id * 15))
            _ = batcher.handle(.finished(worker: 0, measurement), at: time(id * 15 + 15))
        }
        for id in 1000...1003 { _ = batcher.handle(.submitted([entry(UInt64(id))]), at: time(3000)) }
        #expect(wait(batcher, at: 3000) == 60)
    }

    @Test func allWorkersShareTheQueue() {
        var batcher = batcher(workers: 4, maxBatch: 1, costs: [1: (image: 8, run: 0)])
        for id in 1...12 { _ = batcher.handle(.submitted([entry(UInt64(id))]), at: time(0)) }
        #expect(wait(batcher, at: 0) == 30)
    }

    @Test(arguments: [(49, true), (51, false)])
    func theLastPictureOfARequestDecides(answerBy: Int, isRefused: Bool) {
        var batcher = batcher(workers: 1, maxBatch: 1, costs: [1: (image: 8, run: 0)])
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        let request = (2...5).map { entry(UInt64($0), answerBy: answerBy) }
        let actions = batcher.handle(.submitted(request), at: time(0))
        #expect(actions.count { if case .refuse = $0 { true } else { false } } == (isRefused ? 4 : 0))
        #expect(batcher.queuedCount == (isRefused ? 0 : 4))
    }

    /// With four threads it takes 2 + 3 ms, with one 10.
    @Test(arguments: [(4, true), (6, false)])
    func aLonePictureIsPromisedWhatAllIdleCoresAchieve(answerBy: Int, isRefused: Bool) {
        var batcher = batcher(workers: 4, costs: [1: (image: 8, run: 0), 4: (image: 3, run: 0)])
        let actions = batcher.handle(.submitted([entry(1, answerBy: answerBy)]), at: time(0))
        #expect(refusal(actions)?.reason == (isRefused ? .tooLate : nil))
    }

    @Test func nothingIsRefusedForTimeBeforeAnythingIsKnown() {
        var batcher = Batcher(workers: 1, limits: BatcherLimits())
        for id in 1...100 {
            let actions = batcher.handle(.submitted([entry(UInt64(id), startBy: 1, answerBy: 1)]), at: time(0))
            #expect(refusal(actions) == nil)
        }
    }

    @Test func whatAWorkerDidNotTakeInTimeIsNotDecoded() {
        var batcher = Batcher(workers: 1, limits: BatcherLimits())
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        _ = batcher.handle(.submitted([entry(2, startBy: 50, answerBy: 20)]), at: time(0))
        _ = batcher.handle(.submitted([entry(3, startBy: 30, answerBy: 60)]), at: time(0))
        #expect(refusal(batcher.handle(.tick, at: time(20)))?.reason == .tooLate)
        #expect(refusal(batcher.handle(.tick, at: time(30)))?.reason == .timedOut)
        #expect(batcher.queuedCount == 0)
    }

    @Test func refusalsTellHowLongTheQueueIs() {
        var limits = BatcherLimits()
        limits.maxQueue = 100
        limits.maxBatch = 1
        var batcher = Batcher(workers: 2, limits: limits)
        let second = CostModel.Measurement(lane: 0, images: 1, threads: 1, decode: .seconds(1), inference: .seconds(3))
        for _ in 0..<4 { _ = batcher.handle(.measured(second), at: start) }
        for id in 1...102 { #expect(refusal(batcher.handle(.submitted([entry(UInt64(id))]), at: time(0))) == nil) }
        let refusal = refusal(batcher.handle(.submitted([entry(103)]), at: time(0)))
        #expect(refusal?.reason == .queueFull)
        #expect(refusal?.wait == 102 * 4000 / 2)
    }

    // MARK: Threads

    @Test(arguments: [(3, 4), (9, 1)])
    func aLonePictureIsRunByAsManyThreadsAsAreFaster(withFour: Int, threads expected: Int) {
        var batcher = batcher(workers: 4, costs: [1: (image: 8, run: 0), 4: (image: withFour, run: 0)])
        #expect(startedBatches(batcher.handle(.submitted([entry(1)]), at: time(0))) == [1])
        #expect(threads(batcher.handle(.decoded(worker: 0), at: time(2))) == [expected])
        // Cores that are not lent serve the next one at once.
        let next = batcher.handle(.submitted([entry(2)]), at: time(3))
        #expect(startedBatches(next) == (expected == 1 ? [1] : []))
    }

    @Test func aNumberOfThreadsInBetweenMayBeTheFastest() {
        var batcher = batcher(
            workers: 8,
            costs: [1: (image: 8, run: 0), 4: (image: 3, run: 0), 8: (image: 5, run: 0)]
        )
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        #expect(threads(batcher.handle(.decoded(worker: 0), at: time(2))) == [4])
        let others = batcher.handle(.submitted((2...6).map { entry($0) }), at: time(3))
        #expect(startedBatches(others).count == 4)
    }

    @Test func whatWasNeverTriedIsTried() {
        var batcher = batcher(workers: 4, costs: [1: (image: 8, run: 0)])
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        #expect(threads(batcher.handle(.decoded(worker: 0), at: time(2))) == [4])
    }

    @Test func aSlowNumberOfThreadsIsTriedAgainSeldom() {
        var batcher = batcher(workers: 2, costs: [1: (image: 8, run: 0), 2: (image: 9, run: 0)])
        var seen: [Int] = []
        for id in 1...128 {
            _ = batcher.handle(.submitted([entry(UInt64(id))]), at: time(id))
            let worker =
                batcher.handle(.decoded(worker: 0), at: time(id)) + batcher.handle(.decoded(worker: 1), at: time(id))
            seen += threads(worker)
            for worker in 0..<2 { _ = batcher.handle(.finished(worker: worker), at: time(id)) }
        }
        #expect(seen.count == 128)
        #expect(seen.count { $0 == 2 } == 2)
    }

    @Test func theTimeOfALoneRunIsThatOfItsThreads() {
        var batcher = batcher(workers: 4, costs: [1: (image: 8, run: 0), 4: (image: 3, run: 0)])
        _ = batcher.handle(.submitted([entry(1)]), at: time(0))
        _ = batcher.handle(.decoded(worker: 0), at: time(2))
        // All four cores are taken for another three milliseconds.
        #expect(wait(batcher, at: 2) == 3)
    }

    // MARK: Batches

    @Test(arguments: [(run: 0, batch: 1), (run: 1, batch: 2), (run: 100, batch: 8)])
    func whenSeveralWaitEachCoreTakesABatchThatPays(run: Int, batch: Int) {
        var batcher = batcher(workers: 2, costs: [1: (image: 8, run: run)])
        for id in 1...34 { _ = batcher.handle(.submitted([entry(UInt64(id))]), at: time(0)) }
        #expect(startedBatches(batcher.handle(.finished(worker: 0), at: time(10))) == [batch])
        #expect(startedBatches(batcher.handle(.finished(worker: 1), at: time(10))) == [batch])
        #expect(threads(batcher.handle(.decoded(worker: 0), at: time(11))) == [1])
        #expect(threads(batcher.handle(.decoded(worker: 1), at: time(11))) == [1])
    }

    @Test func anUnloadedModelsCostsAreForgotten() {
        var batcher = batcher(workers: 1, costs: [1: (image: 8, run: 100)])
        #expect(batcher.payingBatch(lane: 0) == 8)
        #expect(batcher.costs[0]?.isKnown == true)
        _ = batcher.handle(.forget(lanes: [0]), at: time(0))
        #expect(batcher.costs[0] == nil)
    }
}
