package import Checkpoints
internal import Classification
internal import Engine
package import Imaging
internal import ModelGraph

/// Shows pictures to a network in fp32 and remembers what all its layers made of them.
package struct Calibration {
    /// What gets files into the network's input shape.
    package let pipeline: ImagePipeline
    /// Pictures that were shown.
    package private(set) var pictures = 0
    private let name: String
    private let model: Model
    private let session: Session
    private let threads: Int
    private var statistics: [String: FeatureStatistics] = [:]

    /// - Parameters:
    ///   - network: with weights in floats.
    ///   - name: what errors call it.
    ///   - instructionSet: the kernel set by name; nil for the fastest that the CPU has.
    ///   - threads: how many may work on one picture.
    package init(
        _ network: Network,
        name: String,
        limits: ImagePipeline.Limits,
        instructionSet: String?,
        threads: Int
    ) throws {
        guard network.quantization == nil else { throw QuantizerError.alreadyQuantized(model: name) }
        self.name = name
        self.threads = threads
        model = try network.model(name: name, labels: nil).optimized()
        let plan = try Plan(
            observing: model,
            transform: network.transform,
            instructionSet: InstructionSet.select(instructionSet),
            threads: threads
        )
        session = Session(plan: plan, maxBatch: 1, pool: WorkerPool(helpers: threads - 1))
        pipeline = ImagePipeline(framing: ImagePipeline.Framing(network.transform), limits: limits)
    }

    /// Shows a picture that `pipeline` made.
    package mutating func add(_ picture: Picture) throws {
        let channels = session.plan.inputShape.channels
        guard let samples = picture.samples(channels: channels) else {
            throw ClassificationError.pictureChannels(model: name, channels: channels)
        }
        var statistics: [String: FeatureStatistics] = [:]
        swap(&statistics, &self.statistics)
        defer { swap(&statistics, &self.statistics) }
        var failure: QuantizerError?
        try session.observe(.pixels([samples]), threads: threads) { features in
            do throws(QuantizerError) {
                try statistics[features.name, default: FeatureStatistics(shape: features.shape)].add(features)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        pictures += 1
    }

    /// What the pictures say of how the network is best mapped to 8 bits.
    package func quantizer() throws -> Quantizer {
        try Quantizer(model, name: name, statistics: statistics)
    }
}
