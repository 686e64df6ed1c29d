internal import Engine
internal import ModelGraph

/// Compares a model's answers in int8 with those in fp32, for a few pictures.
struct LogitFidelity {
    private let model: Model
    private let transform: ImageTransform
    private let instructionSet: InstructionSet
    private let pool: WorkerPool
    private let threads: Int
    /// As the network takes them.
    private let pictures: [[UInt8]]
    private let reference: [InferenceOutput]

    /// - Parameters:
    ///   - model: after all passes, with weights in floats.
    ///   - pictures: at least one.
    init(
        _ model: Model,
        transform: ImageTransform,
        instructionSet: InstructionSet,
        threads: Int,
        pictures: [[UInt8]]
    ) throws {
        self.model = model
        self.transform = transform
        self.instructionSet = instructionSet
        self.threads = threads
        self.pictures = pictures
        pool = WorkerPool(helpers: threads - 1)
        let plan = try Plan(model, transform: transform, instructionSet: instructionSet, threads: threads)
        reference = try Session(plan: plan, maxBatch: pictures.count, pool: pool)
            .run(.pixels(pictures), threads: threads)
    }

    /// The sum of the squares of all logits in fp32 over that of int8's differences from them, in decibels; of
    /// embeddings for a network without a classifier.
    func decibels(_ quantization: Quantization) throws -> Double {
        var model = model
        model.quantization = quantization
        let plan = try Plan(
            model,
            transform: transform,
            instructionSet: instructionSet,
            precision: .int8,
            threads: threads
        )
        let outputs = try Session(plan: plan, maxBatch: pictures.count, pool: pool)
            .run(.pixels(pictures), threads: threads)
        var (power, error) = (0.0, 0.0)
        for (exact, output) in zip(reference, outputs) {
            let pairs = zip(exact.logits, output.logits)
            for (exact, number) in plan.classCount > 0 ? pairs : zip(exact.embedding, output.embedding) {
                power += Double(exact) * Double(exact)
                error += (Double(exact) - Double(number)) * (Double(exact) - Double(number))
            }
        }
        return signalToNoise(power: power, error: error)
    }
}
