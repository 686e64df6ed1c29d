internal import Checkpoints
package import Engine
package import Imaging
internal import ModelGraph

/// What the model says of one picture: logits and embedding.
package typealias ModelOutput = InferenceOutput

/// A model folder, loaded: from pictures to predictions. Safe to share between threads.
package final class Classifier: Sendable {
    package let information: ModelInformation
    package let pipeline: ImagePipeline
    package let classNames: ClassNames
    /// What the model can be run in.
    package let precisions: [Precision]
    private let session: Session

    /// What a user may set about loading and running a model.
    package struct Options: Sendable {
        package var imageLimits = ImagePipeline.Limits()
        /// The memory of all decodes, shared with other models; without one, this model has its own.
        package var decodeBudget: DecodeBudget?
        package var maxBatch = 8
        /// Threads that one run may use at most.
        package var threads = 1
        /// The kernel set by name ("avx2"); nil for the fastest that the CPU has.
        package var instructionSet: String?
        package var precision = PrecisionRequest.exactly(.fp32)
        /// timm's name of the architecture, where the checkpoint does not say it or says it wrongly.
        package var architecture: String?

        package init() {}
    }

    /// Reads the folder, plans the network, packs its weights and runs it once.
    ///
    /// - Parameters:
    ///   - folder: a model folder, or a file of weights.
    ///   - progress: told the share that is done, 0…1.
    package init(folder: String, options: Options = Options(), progress: (Double) -> Void = { _ in }) throws {
        let checkpoint = try Checkpoint(path: folder, architecture: options.architecture)
        progress(0.1)
        let instructionSet = try InstructionSet.select(options.instructionSet)
        let network = try checkpoint.network()
        let isQuantized = checkpoint.isQuantized(network)
        precisions = Precision.allCases.filter { $0 != .int8 || isQuantized }
        let choice = try PrecisionChoice(
            options.precision,
            of: network,
            checkpoint,
            available: precisions,
            instructionSet: instructionSet,
            model: folder
        )
        let model = try network.model(
            name: checkpoint.name,
            labels: checkpoint.labels,
            quantization: choice.quantization
        )
        progress(0.2)
        let plan = try Plan(
            model.optimized(),
            transform: network.transform,
            instructionSet: instructionSet,
            precision: choice.precision,
            threads: options.threads
        )
        progress(0.9)

        session = Session(plan: plan, maxBatch: options.maxBatch, pool: WorkerPool(helpers: options.threads - 1))
        pipeline = ImagePipeline(
            framing: ImagePipeline.Framing(network.transform),
            limits: options.imageLimits,
            budget: options.decodeBudget
        )
        classNames = ClassNames(
            count: network.classCount,
            labels: checkpoint.labels ?? [],
            identifiers: checkpoint.classIdentifiers ?? []
        )
        information = ModelInformation(
            name: checkpoint.name,
            architecture: network.architecture,
            parameterCount: try model.graph.parameters().reduce(0) { $0 + ($1.role == .learnt ? $1.count : 0) },
            multiplyAdds: try model.graph.multiplyAdds(),
            classCount: network.classCount,
            embeddingCount: plan.embeddingCount,
            inputChannels: plan.inputShape.channels,
            transform: network.transform,
            instructionSet: instructionSet.rawValue,
            precision: choice.precision.rawValue,
            precisionReason: choice.reason,
            isExplainable: plan.isExplainable
        )
        try warmUp(threads: options.threads)
        progress(1)
    }

    /// Touches all memory that the first request needs.
    private func warmUp(threads: Int) throws {
        let shape = session.plan.inputShape
        let black = [UInt8](repeating: 0, count: shape.channels * shape.height * shape.width)
        _ = try session.run(.pixels([black]), threads: threads)
    }

    /// Runs the network once over a batch, on the calling thread and `threads − 1` helpers.
    ///
    /// - Parameters:
    ///   - pictures: 1…maxBatch, as `pipeline` made them.
    ///   - classes: for each picture the class whose explanation is wanted, if any; may be shorter than the batch.
    /// - Returns: one output a picture, in order; the same bits whatever the batch and the threads.
    package func run(
        _ pictures: [Picture],
        threads: Int = 1,
        explaining classes: [ExplainedClass?] = []
    ) throws -> [ModelOutput] {
        let channels = session.plan.inputShape.channels
        let inputs = try pictures.map { picture in
            guard let samples = picture.samples(channels: channels) else {
                throw ClassificationError.pictureChannels(model: information.name, channels: channels)
            }
            return samples
        }
        let outputs = try session.run(.pixels(inputs), threads: threads, explaining: classes)
        guard Self.areFinite(outputs) else { throw ClassificationError.notFinite(model: information.name) }
        return outputs
    }

    /// Runs the network over inputs that are already preprocessed. What it says of numbers that are out of range may
    /// not be finite.
    ///
    /// - Parameters:
    ///   - tensor: `[image][channel][row][column]`.
    ///   - images: 1…maxBatch.
    package func run(tensor: [Float], images: Int, threads: Int = 1) throws -> [ModelOutput] {
        try session.run(.tensor(tensor, images: images), threads: threads)
    }

    /// Times each step of the network on one thread, for inputs of constant numbers.
    package func profile(images: Int, repetitions: Int) throws -> [StepProfile] {
        let shape = session.plan.inputShape
        let tensor = [Float](repeating: 0.5, count: images * shape.channels * shape.height * shape.width)
        return try session.profile(.tensor(tensor, images: images), repetitions: repetitions)
    }

    private static func areFinite(_ outputs: [ModelOutput]) -> Bool {
        outputs.allSatisfy { output in
            let explanation = output.explanation?.values ?? []
            return [output.logits, output.embedding, explanation].allSatisfy { $0.allSatisfy(\.isFinite) }
        }
    }

    /// The softmax of the logits.
    package func probabilities(for output: ModelOutput) -> [Float] {
        let largest = output.logits.max() ?? 0
        let exponentials = output.logits.map { exponential($0 - largest) }
        let sum = exponentials.reduce(0, +)
        return exponentials.map { Float($0 / sum) }
    }

    /// The `count` most likely classes, most likely first; ties by class id.
    package func predictions(for output: ModelOutput, count: Int) -> [Prediction] {
        let probabilities = probabilities(for: output)
        return output.logits.indicesOfLargest(count).map { index in
            Prediction(classID: index, label: classNames.label(of: index), score: probabilities[index])
        }
    }
}

package enum ClassificationError: Error, CustomStringConvertible {
    /// The network answered with infinities or NaN.
    case notFinite(model: String)
    /// Pictures have three channels, or one.
    case pictureChannels(model: String, channels: Int)
    /// A layer's features would not fit into any memory.
    case tooLarge(model: String, features: String)
    case labelCount(model: String, labels: Int, classes: Int)

    package var description: String {
        switch self {
        case .notFinite(let model):
            "model \(model) answered with numbers that are not finite: its weights are broken or do not fit its "
                + "preprocessing; check the checkpoint"
        case .pictureChannels(let model, let channels):
            "model \(model) takes \(channels) channels, and pictures have 3; send it tensors"
        case .tooLarge(let model, let features):
            "a layer of model \(model) has features of \(features), more than any memory holds; check the checkpoint"
        case .labelCount(let model, let labels, let classes):
            "model \(model) has \(classes) classes, but \(labels) labels; give one line a class in labels.txt"
        }
    }
}
