import Classification
import Engine
import Dispatch
import Imaging
import Serving
import Synchronization
import Testing

@Suite struct SchedulerTests {
    private typealias Outcome = Promise<Result<JobResult, JobFailure>>

    private func scheduler(
        workers: Int = 1,
        queueTimeout: Duration? = nil,
        observer: any SchedulerObserver = RecordingObserver(),
        _ change: (inout BatcherLimits) -> Void = { _ in }
    ) throws -> Scheduler {
        var limits = BatcherLimits()
        change(&limits)
        return try Scheduler(workers: workers, limits: limits, queueTimeout: queueTimeout, observer: observer)
    }

    @discardableResult
    private func submit(
        _ bytes: [UInt8],
        to scheduler: Scheduler,
        _ model: FakeModel,
        _ outcome: Promise<Result<JobResult, JobFailure>>
    ) -> [UInt64] {
        scheduler.submit([
            Job(model: ServedModel(model), input: .picture(bytes[...])) { outcome.fulfil($0) }
        ])
    }

    @Test func aPictureGoesThroughTheModelOnAllCores() throws {
        let scheduler = try scheduler(workers: 3)
        let model = FakeModel()
        let outcome = Outcome()
        submit([9, 8, 7, 6, 5], to: scheduler, model, outcome)
        let result = try #require(outcome.wait()).get()
        #expect(result.output.logits == [9, 8, 7, 6])
        #expect(result.batchSize == 1)
        #expect(result.image == ImageFacts(try model.prepare([9, 8, 7, 6, 5])))
        #expect(result.phases.queue >= .zero)
        #expect(model.recordedRuns == [.init(batch: [9], threads: 3)])
        scheduler.drain()
    }

    @Test func aBrokenPictureFailsAloneAndTheBatchGoesOn() throws {
        let gate = Gate()
        let scheduler = try scheduler()
        let model = FakeModel(gate: gate)
        let outcomes = (0..<5).map { _ in Outcome() }
        submit([1], to: scheduler, model, outcomes[0])
        gate.waitUntilReached()
        for (byte, outcome) in zip([2, FakeModel.corruptByte, 4, 5], outcomes.dropFirst()) {
            submit([byte], to: scheduler, model, outcome)
        }
        let load = scheduler.load
        #expect([load.queuedPictures, load.queuedBytes, load.busyWorkers] == [4, 4, 1])
        gate.open()
        #expect(try #require(outcomes[1].wait()).get().batchSize == 3)
        #expect(try #require(outcomes[3].wait()).get().output.logits == [4, 0, 0, 0])
        #expect(try #require(outcomes[4].wait()).get().output.logits == [5, 0, 0, 0])
        let failure = try #require(outcomes[2].wait())
        #expect(throws: JobFailure.image(.corrupt(format: .jpeg, reason: "cut short"))) { try failure.get() }
        #expect(model.recordedRuns.map(\.batch) == [[1], [2, 4, 5]])
        scheduler.drain()
    }

    @Test func aBatchOfBrokenPicturesDoesNotRunTheNetwork() throws {
        let scheduler = try scheduler()
        let model = FakeModel()
        let outcome = Outcome()
        submit([], to: scheduler, model, outcome)
        let failure = try #require(outcome.wait())
        #expect(throws: JobFailure.image(.empty)) { try failure.get() }
        scheduler.drain()
        #expect(model.recordedRuns == [])
    }

    @Test func anEngineErrorFailsTheWholeBatchAndTheWorkerLivesOn() throws {
        let scheduler = try scheduler()
        let outcome = Outcome()
        submit([1], to: scheduler, FakeModel(engineError: Refusal.draining), outcome)
        let failure = try #require(outcome.wait())
        #expect(throws: JobFailure.engine("draining")) { try failure.get() }
        let next = Outcome()
        submit([2], to: scheduler, FakeModel(), next)
        #expect(try #require(next.wait()).get().batchSize == 1)
        scheduler.drain()
    }

    @Test func whatWaitsTooLongIsRefusedThoughNoWorkerBecomesFree() throws {
        let gate = Gate()
        let observer = RecordingObserver()
        let scheduler = try scheduler(queueTimeout: .milliseconds(30), observer: observer)
        let model = FakeModel(gate: gate)
        let first = Outcome()
        let second = Outcome()
        submit([1], to: scheduler, model, first)
        gate.waitUntilReached()
        submit([2], to: scheduler, model, second)
        let failure = try #require(second.wait())
        #expect(throws: JobFailure.refused(.timedOut)) { try failure.get() }
        gate.open()
        #expect(try #require(first.wait()).get().batchSize == 1)
        scheduler.drain()
        #expect(observer.batches == [1])
        #expect(observer.completions == 2)
    }

    @Test func aRefusalSaysWhenToTryAgain() throws {
        let gate = Gate()
        let scheduler = try scheduler()
        let model = FakeModel(gate: gate)
        let lane = try #require(ServedModel(model).lanes.first)
        scheduler.learn(.init(lane: lane, images: 1, threads: 1, decode: .seconds(1), inference: .seconds(40)))
        let first = Outcome()
        submit([1], to: scheduler, model, first)
        gate.waitUntilReached()
        let late = Outcome()
        let job = Job(model: ServedModel(model), input: .picture([2])) { late.fulfil($0) }
        scheduler.submit([job], answerBy: .now + .seconds(60))
        // What runs is expected to take 41 seconds, not all of which have passed.
        guard case .failure(.refused(.tooLate, let retryAfter)) = try #require(late.wait()) else {
            Issue.record("it was not refused for its deadline")
            return
        }
        #expect((20...41).contains(retryAfter))
        gate.open()
        #expect(try #require(first.wait()).get().batchSize == 1)
        scheduler.drain()
        #expect(model.recordedRuns.count == 1)
    }

    @Test func aQueueDelayGathersABatch() throws {
        let scheduler = try scheduler {
            $0.maxQueueDelay = .seconds(60)
            $0.maxBatch = 3
        }
        let model = FakeModel()
        let outcomes = (0..<3).map { _ in Outcome() }
        for (index, outcome) in outcomes.enumerated() { submit([UInt8(index)], to: scheduler, model, outcome) }
        #expect(try #require(outcomes[2].wait()).get().batchSize == 3)
        scheduler.drain()
    }

    @Test func cancelledJobsAreNotRun() throws {
        let gate = Gate()
        let scheduler = try scheduler()
        let model = FakeModel(gate: gate)
        let first = Outcome()
        let second = Outcome()
        submit([1], to: scheduler, model, first)
        gate.waitUntilReached()
        let id = submit([2], to: scheduler, model, second)
        scheduler.cancel(id)
        let failure = try #require(second.wait())
        #expect(throws: JobFailure.cancelled) { try failure.get() }
        gate.open()
        scheduler.drain()
        #expect(model.recordedRuns.map(\.batch) == [[1]])
    }

    @Test func drainFinishesWhatWaitsAndRefusesWhatComes() throws {
        let gate = Gate()
        let scheduler = try scheduler { $0.maxBatch = 1 }
        let model = FakeModel(gate: gate)
        let outcomes = (0..<4).map { _ in Outcome() }
        for outcome in outcomes { submit([1], to: scheduler, model, outcome) }
        gate.waitUntilReached()
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.02) { gate.open() }
        scheduler.drain()
        for outcome in outcomes { #expect(try #require(outcome.wait()).get().batchSize == 1) }
        let late = Outcome()
        submit([1], to: scheduler, model, late)
        let failure = try #require(late.wait())
        #expect(throws: JobFailure.refused(.draining)) { try failure.get() }
    }

    /// Many threads submit and cancel at once: each job completes once, and with its own answer.
    @Test func everyJobCompletesOnceWithItsOwnAnswer() throws {
        let scheduler = try scheduler(workers: 3) {
            $0.maxBatch = 4
            $0.maxQueue = 50
        }
        let model = FakeModel()
        let outcomes = (0..<400).map { _ in Outcome() }
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for index in stride(from: thread, to: outcomes.count, by: 8) {
                let body: [UInt8] = [UInt8(index % 251), UInt8(index / 251)]
                let id = submit(body, to: scheduler, model, outcomes[index])
                if index.isMultiple(of: 7) { scheduler.cancel(id) }
            }
        }
        scheduler.drain()
        for (index, outcome) in outcomes.enumerated() {
            switch try #require(outcome.wait()) {
            case .success(let result):
                #expect(result.output.logits == [Float(index % 251), Float(index / 251), 0, 0])
            case .failure(.refused(.queueFull, _)): break
            case .failure(.cancelled): #expect(index.isMultiple(of: 7))
            case .failure(let failure): Issue.record("job \(index): \(failure)")
            }
            #expect(outcome.count == 1)
        }
    }
}

/// Counts what it is told.
final class RecordingObserver: SchedulerObserver {
    private let state = Mutex<(batches: [Int], completions: Int)>(([], 0))

    var batches: [Int] { state.withLock { $0.batches } }
    var completions: Int { state.withLock { $0.completions } }

    func batchExecuted(model: ServedModel, size: Int, inference: Duration) {
        state.withLock { $0.batches.append(size) }
    }

    func jobCompleted(model: ServedModel, result: Result<JobResult, JobFailure>) {
        state.withLock { $0.completions += 1 }
    }
}
