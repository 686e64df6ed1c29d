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
    private let transform: ImageTransform
    private let instructionSet: InstructionSet
    private let threads: Int
    /// Pictures that will be shown.
    private let expected: Int
    /// Some of those that were, evenly spread, as the network takes them.
    private var probes: [[UInt8]] = []
    private var statistics: [String: FeatureStatistics] = [:]

    /// - Parameters:
    ///   - network: with weights in floats.
    ///   - name: what errors call it.
    ///   - instructionSet: the kernel set by name; nil for the fastest that the CPU has.
    ///   - threads: how many may work on one picture.
    ///   - pictures: how many will be shown.
    package init(
        _ network: Network,
        name: String,
        limits: ImagePipeline.Limits,
        instructionSet: String?,
        threads: Int,
        pictures: Int
    ) throws {
        guard network.quantization == nil else { throw QuantizerError.alreadyQuantized(model: name) }
        self.name = name
        self.threads = threads
        expected = pictures
        transform = network.transform
        self.instructionSet = try InstructionSet.select(instructionSet)
        model = try network.model(name: name, labels: nil).optimized()
        let plan = try Plan(
            observing: model,
            transform: network.transform,
            instructionSet: self.instructionSet,
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
        if probes.count <= pictures * Self.probeCount / max(expected, 1) { probes.append(samples) }
        pictures += 1
    }

    /// The best mapping to 8 bits that the pictures tell, in which the layers that cost most stay wide if need be.
    ///
    /// What int8 should leave of a network's answers where nobody says it, in decibels: layers that clamp their outputs
    /// keep errors small; curves let them grow, and such networks have most to lose.
    package var defaultDecibels: Double {
        let hasCurves = model.graph.nodes.contains { node in
            switch node.activation {
            case .swish: true
            case .identity, .relu, .relu6, .sigmoid: false
            }
        }
        return hasCurves ? 30 : 20
    }

    /// - Parameters:
    ///   - leastDecibels: of fp32's logits over int8's differences from them that is aimed at.
    ///   - progress: told of each mapping that was tried how many they are by then, and its decibels.
    package func quantized(
        leastDecibels: Double,
        progress: (_ tried: Int, _ decibels: Double) -> Void = { _, _ in }
    ) throws -> SensitiveLayers.Choice {
        let quantizer = try Quantizer(model, name: name, transform: transform, statistics: statistics)
        let fidelity = try LogitFidelity(
            model,
            transform: transform,
            instructionSet: instructionSet,
            threads: threads,
            pictures: probes
        )
        return try withoutActuallyEscaping(progress) { progress in
            var tried = 0
            return try SensitiveLayers(quantizer) { quantization, aim in
                let decibels = try fidelity.decibels(quantization, aim: aim)
                tried += 1
                progress(tried, decibels)
                return decibels
            }.search(least: leastDecibels)
        }
    }

    /// Pictures that answers are compared for.
    private static let probeCount = 64
}
