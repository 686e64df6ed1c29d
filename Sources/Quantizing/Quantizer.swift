package import Engine
package import ModelGraph

/// Maps an optimised model to 8 bits by what was observed of it.
package struct Quantizer: Sendable {
    /// A model mapped to 8 bits.
    package struct Result: Sendable {
        package var quantization: Quantization
        /// The integers of each layer's weights, in the order of the tensor.
        package var weights: [String: [Int8]]
        /// All convolutions, in the order of the graph.
        package var layers: [LayerReport]
    }

    /// What became of one convolution.
    package struct LayerReport: Sendable {
        package var name: String
        /// Of the weights over their rounding errors; nil for a layer that does not multiply integers.
        package var weightDecibels: Double?
        /// Of the output's numbers; nil where it is stored as floats.
        package var output: FeatureRange?
        /// Why the layer does not multiply integers.
        package var wideReason: String?
    }

    private let model: Model
    private let picture: InputBytes?
    private let shapes: [FeatureShape]
    /// By node.
    private let ranges: [String: FeatureRange]
    private let weights: [String: RoundedWeights]
    private let shifts: [String: [Float]]

    /// Finds the best mapping of every layer and value that can be mapped.
    ///
    /// - Parameters:
    ///   - model: after all passes, with weights in floats.
    ///   - name: what errors call it.
    ///   - transform: what it makes of a picture's samples.
    ///   - statistics: of the input and all nodes' outputs, by their names.
    package init(
        _ model: Model,
        name: String,
        transform: ImageTransform,
        statistics: [String: FeatureStatistics]
    ) throws {
        self.model = model
        picture = InputBytes(picture: transform, channels: model.graph.inputShape.channels)
        shapes = try model.graph.shapes()
        let choice = try LayerChoice(model.graph, picture: picture, wide: [])
        groups = choice.groups
        guard !choice.layers.isEmpty else { throw QuantizerError.noLayer(model: name) }
        let producers = Dictionary(
            [(Graph.input, Graph.inputName)] + model.graph.nodes.map { ($0.output, $0.name) },
            uniquingKeysWith: { first, _ in first }
        )
        var ranges: [String: FeatureRange] = [:]
        var weights: [String: RoundedWeights] = [:]
        var shifts: [String: [Float]] = [:]
        for node in model.graph.nodes {
            if choice.narrowValues.contains(node.output) {
                guard let seen = statistics[node.name] else { throw QuantizerError.notObserved(layer: node.name) }
                ranges[node.name] = FeatureRange(seen.histogram, activation: node.activation)
            }
            guard choice.layers.contains(node.name), case .convolution(let convolution) = node.operation else {
                continue
            }
            let producer = producers[node.inputs[0]] ?? ""
            guard let inputs = statistics[producer] else { throw QuantizerError.notObserved(layer: producer) }
            let shift = convolution.affine?.shift ?? [Float](repeating: 0, count: convolution.outputChannels)
            let readPicture = node.inputs[0] == Graph.input ? picture : nil
            let factors = readPicture?.factors ?? [1]
            let inputScale = readPicture?.scale ?? ranges[producer]?.features.scale ?? 1
            let shape = convolution.weightShape(inputChannels: inputs.shape.channels)
            let rounded = RoundedWeights(
                try Self.factoredWeights(of: convolution, shape: shape, picture: readPicture, model.weights),
                channels: convolution.outputChannels,
                lowestScales: shift.map { abs($0) / (inputScale * Self.largestShift) },
                rounding: WeightRounding(readsPicture: readPicture != nil, shape: shape)
            )
            weights[node.name] = rounded
            let taps = convolution.kernelHeight * convolution.kernelWidth
            let means = inputs.tapMeans(of: convolution, output: shapes[node.output.index]).enumerated().map {
                $0.element / factors[$0.offset / taps % factors.count]
            }
            let corrections = rounded.corrections(of: convolution, tapMeans: means)
            shifts[node.name] = zip(shift, corrections).map { $0 + $1 }
        }
        self.ranges = ranges
        self.weights = weights
        self.shifts = shifts
    }

    /// In steps of an integer sum, which has 32 bits: channels whose weights all but vanish may have larger ones.
    private static let largestShift: Float = 0x1p27

    /// Layers that can multiply integers, in groups that can do so without each other.
    package let groups: [[String]]

    /// - Parameters:
    ///   - wide: names of layers that shall not multiply integers.
    ///   - format: what the layers compute in that do not.
    package func callAsFunction(
        keepingWide wide: Set<String> = [],
        in format: Quantization.WideFormat = .bf16
    ) throws -> Result {
        let choice = try LayerChoice(model.graph, picture: picture, wide: wide)
        var result = Result(quantization: Quantization(wideFormat: format), weights: [:], layers: [])
        for node in model.graph.nodes {
            let isNarrow = choice.narrowValues.contains(node.output)
            if isNarrow { result.quantization.features[node.name] = ranges[node.name]?.features }
            guard case .convolution = node.operation else { continue }
            var report = LayerReport(name: node.name, output: isNarrow ? ranges[node.name] : nil)
            if choice.layers.contains(node.name), let rounded = weights[node.name], let shifts = shifts[node.name] {
                result.quantization.layers[node.name] = Quantization.Layer(scales: rounded.scales, shifts: shifts)
                result.weights[node.name] = rounded.stored
                report.weightDecibels = rounded.decibels
            } else {
                report.wideReason = choice.reasons[node.name]
            }
            result.layers.append(report)
        }
        return result
    }

    /// A convolution's weights with the factors of its affine on them, and those of the picture's channels where it reads
    /// that.
    private static func factoredWeights(
        of convolution: Convolution,
        shape: [Int],
        picture: InputBytes?,
        _ weights: Weights
    ) throws(GraphError) -> [Float] {
        var floats = try weights.floats(convolution.weight, shape: shape)
        let count = floats.count / max(convolution.outputChannels, 1)
        for index in floats.indices {
            let scale = convolution.affine?.scale[index / count] ?? 1
            floats[index] *= scale * (picture?.factor(ofWeight: index, perOutput: count) ?? 1)
        }
        return floats
    }
}

extension Node {
    /// What is done last to its output.
    var activation: ActivationFunction {
        switch operation {
        case .convolution(let convolution): convolution.activation
        case .activation(let function): function
        default: .identity
        }
    }
}
