package import ModelGraph
internal import Synchronization

/// Runs a plan. Safe to use from many threads: each run has an arena of its own.
package final class Session: Sendable {
    package let plan: Plan
    package let maxBatch: Int
    private let pool: WorkerPool
    private let arenas = Mutex<[FloatMemory]>([])

    /// - Parameter pool: the threads that runs may be helped by; shared between sessions.
    package init(plan: Plan, maxBatch: Int, pool: WorkerPool) {
        self.plan = plan
        self.maxBatch = maxBatch
        self.pool = pool
    }

    /// - Parameters:
    ///   - input: 1…maxBatch images of the plan's input shape.
    ///   - threads: how many threads may work on this run, the calling one among them.
    ///   - classes: for each image the class whose explanation is wanted, if any; may be shorter than the batch.
    /// - Returns: one output an image, in order; the same bits whatever the batch and the threads.
    package func run(
        _ input: BatchInput,
        threads: Int = 1,
        explaining classes: [ExplainedClass?] = []
    ) throws -> [InferenceOutput] {
        for case .index(let index)? in classes where !(0..<plan.classCount).contains(index) {
            throw SessionError.noSuchClass(index, count: plan.classCount)
        }
        return try withContext(input) { context in
            runSteps(context, threads: threads)
            return (0..<context.images).map { image in
                var output = InferenceOutput(
                    logits: plan.logits.map { values(of: $0, image: image, context) } ?? [],
                    embedding: values(of: plan.embedding, image: image, context)
                )
                if classes.indices.contains(image), let index = classes[image]?.index(in: output.logits) {
                    output.explanation = plan.classActivation?.map(of: index, image: image, context)
                }
                return output
            }
        }
    }

    /// All steps over the whole batch. Each thread takes as many images for itself, so that what it wrote is in its own
    /// caches when it reads it. All threads together work on those that are left.
    func runSteps(_ context: RunContext, threads: Int) {
        let plan = plan
        pool.run(threads: threads) { thread, team in
            let own = context.batch / team.size
            var context = context
            context.scratch += thread * plan.scratchCount
            var ownContext = context
            ownContext.imageArena += thread * plan.imageArenaCount
            plan.run(own * thread..<own * (thread + 1), ownContext) { steps, context in
                for step in steps {
                    for unit in 0..<step.unitCount(context) { step.run(unit: unit, context) }
                }
            }
            let rest = own * team.size..<context.batch
            guard !rest.isEmpty else { return }
            team.barrier()
            context.threads = team.size
            plan.run(rest, context) { steps, context in
                for step in steps {
                    step.prepare(context)
                    team.forEach(step.unitCount(context), thread: thread) { step.run(unit: $0, context) }
                }
            }
        }
    }

    /// Checks the input and lends an arena to `body`.
    func withContext<Result>(_ input: BatchInput, _ body: (RunContext) -> Result) throws -> Result {
        try check(input)
        let arena =
            try arenas.withLock { $0.popLast() }
            ?? FloatMemory(count: plan.arenaCount(images: maxBatch, threads: pool.maxThreads))
        defer { arenas.withLock { $0.append(arena) } }
        let scratch = arena.base + plan.imageArenaCount * pool.maxThreads
        return body(
            RunContext(
                images: input.images,
                batch: input.images,
                input: input,
                weights: UnsafePointer(plan.weights.base),
                imageArena: arena.base,
                batchArena: scratch + plan.scratchCount * pool.maxThreads,
                batchArenaStride: plan.batchArenaCount,
                scratch: scratch
            )
        )
    }

    private func values(of buffer: Buffer, image: Int, _ context: RunContext) -> [Float] {
        Array(UnsafeBufferPointer(start: context.address(buffer, image: image), count: buffer.layout.shape.channels))
    }

    private func check(_ input: BatchInput) throws {
        guard input.images <= maxBatch else { throw SessionError.batchTooLarge(images: input.images, limit: maxBatch) }
        let shape = plan.inputShape
        let count = shape.channels * shape.height * shape.width
        switch input {
        case .pixels(let pictures):
            for picture in pictures where picture.count != count {
                throw SessionError.wrongInputSize(expected: shape, got: picture.count)
            }
        case .tensor(let values, let images):
            let (expected, overflow) = count.multipliedReportingOverflow(by: images)
            guard !overflow, images >= 0, values.count == expected else {
                throw SessionError.wrongInputSize(
                    expected: shape,
                    got: images > 0 ? values.count / images : values.count
                )
            }
        }
    }
}

package enum SessionError: Error, CustomStringConvertible {
    case batchTooLarge(images: Int, limit: Int)
    case wrongInputSize(expected: FeatureShape, got: Int)
    case noSuchClass(Int, count: Int)

    package var description: String {
        switch self {
        case .batchTooLarge(let images, let limit):
            "a batch of \(images) images is more than the \(limit) that were planned for"
        case .wrongInputSize(let expected, let got):
            "an image of \(got) numbers does not fit the model's input of \(expected)"
        case .noSuchClass(let index, let count): "there is no class \(index): the model has \(count)"
        }
    }
}

extension Plan {
    /// Takes some images through both phases.
    ///
    /// - Parameter runSteps: runs all units of steps, in the steps' order.
    fileprivate func run(
        _ images: Range<Int>,
        _ context: RunContext,
        _ runSteps: ([any Step], RunContext) -> Void
    ) {
        guard !images.isEmpty else { return }
        var context = context
        context.images = 1
        for image in images {
            context.firstImage = image
            runSteps(imageSteps, context)
        }
        context.firstImage = images.lowerBound
        context.images = images.count
        runSteps(batchSteps, context)
    }
}
