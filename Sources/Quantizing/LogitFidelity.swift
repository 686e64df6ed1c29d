package import Engine
package import ModelGraph

/// Compares a model's answers in int8 with those in fp32, for some pictures.
package struct LogitFidelity {
    private struct Batch {
        /// As the network takes them.
        var pictures: [[UInt8]]
        var reference: [InferenceOutput]
    }

    private let model: Model
    private let transform: ImageTransform
    private let instructionSet: InstructionSet
    private let pool: WorkerPool
    private let threads: Int
    private let batches: [Batch]

    private static let batchSize = 16

    /// - Parameters:
    ///   - model: after all passes, with weights in floats.
    ///   - pictures: at least one.
    package init(
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
        pool = WorkerPool(helpers: threads - 1)
        let plan = try Plan(model, transform: transform, instructionSet: instructionSet, threads: threads)
        let session = Session(plan: plan, maxBatch: Self.batchSize, pool: pool)
        // Each is spread over all pictures.
        let count = (pictures.count + Self.batchSize - 1) / Self.batchSize
        batches = try (0..<count).map { first in
            let members = stride(from: first, to: pictures.count, by: count).map { pictures[$0] }
            return Batch(pictures: members, reference: try session.run(.pixels(members), threads: threads))
        }
    }

    /// How much larger the logits in fp32 are than int8's differences from them, in decibels; of embeddings for a network
    /// without a classifier.
    ///
    /// The lower of two numbers: that of the squares of all pictures' logits together, which those with large ones decide,
    /// and the mean of the decibels of each picture, which those with small ones can move.
    ///
    /// - Parameter aim: as soon as the pictures so far leave less, the others are not shown.
    package func decibels(_ quantization: Quantization, aim: Double) throws -> Double {
        var model = model
        model.quantization = quantization
        let plan = try Plan(
            model,
            transform: transform,
            instructionSet: instructionSet,
            precision: .int8,
            threads: threads
        )
        let session = Session(plan: plan, maxBatch: Self.batchSize, pool: pool)
        var sums = Sums()
        for batch in batches {
            let outputs = try session.run(.pixels(batch.pictures), threads: threads)
            for (exact, output) in zip(batch.reference, outputs) {
                if plan.classCount > 0 {
                    sums.add(exact.logits, output.logits)
                } else {
                    sums.add(exact.embedding, output.embedding)
                }
            }
            if sums.decibels < aim { break }
        }
        return sums.decibels
    }

    private struct Sums {
        private var (power, error) = (0.0, 0.0)
        private var pictureDecibels = 0.0
        private var pictures = 0

        /// More than what one picture leaves could hide what all others lose.
        private static let pictureRange = 0.0...100.0

        mutating func add(_ exact: [Float], _ numbers: [Float]) {
            var (power, error) = (0.0, 0.0)
            for (exact, number) in zip(exact, numbers) {
                power += Double(exact) * Double(exact)
                error += (Double(exact) - Double(number)) * (Double(exact) - Double(number))
            }
            let decibels = error == 0 ? .infinity : signalToNoise(power: power, error: error)
            pictureDecibels += min(max(decibels, Self.pictureRange.lowerBound), Self.pictureRange.upperBound)
            pictures += 1
            self.power += power
            self.error += error
        }

        var decibels: Double {
            guard error != 0 else { return .infinity }
            return min(signalToNoise(power: power, error: error), pictureDecibels / Double(max(pictures, 1)))
        }
    }
}
