package import ModelGraph

extension EfficientNetConfiguration {
    /// The network as a graph; nodes and tensors bear timm's names.
    ///
    /// - Parameter classCount: zero leaves the classifier out.
    package func graph(name: String, inputShape: FeatureShape, classCount: Int) -> Graph {
        var blocks = BlockBuilder(configuration: self)
        var features = blocks.convolution(
            Graph.input,
            channels: scaledStem,
            kernel: 3,
            padding: stemPadding,
            stride: 2,
            name: "conv_stem",
            norm: "bn1"
        )
        var inputChannels = scaledStem
        for (stageIndex, stage) in scaledStages.enumerated() {
            for blockIndex in 0..<stage.repeats {
                features = blocks.block(
                    features,
                    stage: stage,
                    stride: blockIndex == 0 ? stage.stride : 1,
                    inputChannels: inputChannels,
                    isFirst: blockIndex == 0,
                    prefix: "blocks.\(stageIndex).\(blockIndex)"
                )
                inputChannels = stage.channels
            }
        }
        features = blocks.convolution(features, channels: scaledHead, name: "conv_head", norm: "bn2")
        return blocks.network.finish(
            features,
            name: name,
            inputShape: inputShape,
            classCount: classCount,
            classifier: "classifier"
        )
    }

    private var stemPadding: Padding {
        guard case .keras = border else { return padding(kernel: 3, stride: 2, block: nil) }
        return .explicit(top: 0, left: 0, bottom: 1, right: 1)
    }

    /// - Parameter block: of a depthwise convolution, its block's number in the network.
    fileprivate func padding(kernel: Int, stride: Int, block: Int?) -> Padding {
        switch border {
        case .same: return .same
        case .symmetric: return .symmetric(kernel: kernel)
        case .keras(let symmetricBlocks):
            guard let block, stride == 2, !symmetricBlocks.contains(block) else { return .symmetric(kernel: kernel) }
            let half = kernel / 2
            return .explicit(top: half - 1, left: half - 1, bottom: half, right: half)
        }
    }
}

/// Appends the family's building blocks to a graph.
private struct BlockBuilder {
    let configuration: EfficientNetConfiguration
    var network: NetworkBuilder
    /// Blocks so far.
    private var blockCount = 0

    init(configuration: EfficientNetConfiguration) {
        self.configuration = configuration
        network = NetworkBuilder(epsilon: configuration.batchNormEpsilon)
    }

    /// Convolution, batch normalisation and, unless it is a linear bottleneck, the family's activation.
    mutating func convolution(
        _ input: Value,
        channels: Int,
        kernel: Int = 1,
        padding: Padding? = nil,
        stride: Int = 1,
        groups: Int = 1,
        name: String,
        norm: String,
        isActivated: Bool = true
    ) -> Value {
        network.convolution(
            input,
            channels: channels,
            kernel: kernel,
            stride: stride,
            padding: padding ?? configuration.padding(kernel: kernel, stride: stride, block: nil),
            groups: groups,
            name: name,
            norm: norm,
            activation: isActivated ? configuration.activation : .identity
        )
    }

    mutating func block(
        _ input: Value,
        stage: EfficientNetConfiguration.Stage,
        stride: Int,
        inputChannels: Int,
        isFirst: Bool,
        prefix: String
    ) -> Value {
        defer { blockCount += 1 }
        let inner = (stage.expandedChannels ?? inputChannels) * stage.expansion
        let features: Value
        switch stage.block {
        case .convolution:
            features = convolution(
                input,
                channels: stage.channels,
                kernel: stage.kernel,
                stride: stride,
                name: "\(prefix).conv",
                norm: "\(prefix).bn1"
            )
        case .fused:
            let expanded = convolution(
                input,
                channels: inner,
                kernel: stage.kernel,
                stride: stride,
                name: "\(prefix).conv_exp",
                norm: "\(prefix).bn1"
            )
            features = projection(expanded, stage, prefix: prefix, name: "conv_pwl", norm: "bn2")
        case .depthwiseSeparable:
            let filtered = depthwise(input, stage, channels: inner, stride: stride, prefix: prefix, norm: "bn1")
            let scaled = squeezeExcitation(filtered, stage, inputChannels, inner: inner, prefix: prefix)
            features = projection(scaled, stage, prefix: prefix, name: "conv_pw", norm: "bn2")
        case .invertedResidual:
            let expanded = convolution(input, channels: inner, name: "\(prefix).conv_pw", norm: "\(prefix).bn1")
            let filtered = depthwise(expanded, stage, channels: inner, stride: stride, prefix: prefix, norm: "bn2")
            let scaled = squeezeExcitation(filtered, stage, inputChannels, inner: inner, prefix: prefix)
            features = projection(scaled, stage, prefix: prefix, name: "conv_pwl", norm: "bn3")
        }
        guard stage.hasSkip, stride == 1, inputChannels == stage.channels,
            !isFirst || configuration.firstBlocksHaveSkips
        else { return features }
        return network.graph.append(.add, features, input, name: "\(prefix).add")
    }

    private mutating func depthwise(
        _ input: Value,
        _ stage: EfficientNetConfiguration.Stage,
        channels: Int,
        stride: Int,
        prefix: String,
        norm: String
    ) -> Value {
        convolution(
            input,
            channels: channels,
            kernel: stage.kernel,
            padding: configuration.padding(kernel: stage.kernel, stride: stride, block: blockCount),
            stride: stride,
            groups: channels,
            name: "\(prefix).conv_dw",
            norm: "\(prefix).\(norm)"
        )
    }

    private mutating func projection(
        _ input: Value,
        _ stage: EfficientNetConfiguration.Stage,
        prefix: String,
        name: String,
        norm: String
    ) -> Value {
        convolution(
            input,
            channels: stage.channels,
            name: "\(prefix).\(name)",
            norm: "\(prefix).\(norm)",
            isActivated: false
        )
    }

    /// Squeeze-and-excitation: each channel is scaled by a factor that depends on all channels' means.
    private mutating func squeezeExcitation(
        _ input: Value,
        _ stage: EfficientNetConfiguration.Stage,
        _ inputChannels: Int,
        inner: Int,
        prefix: String
    ) -> Value {
        guard let ratio = stage.squeezeRatio else { return input }
        let squeezed = max(1, Int((Double(inputChannels) * ratio).rounded(.toNearestOrEven)))
        let prefix = "\(prefix).se"
        func fullyConnected(_ channels: Int, _ name: String) -> Operator {
            .convolution(Convolution(outputChannels: channels, weight: name + ".weight", bias: name + ".bias"))
        }
        let means = network.graph.append(.globalAveragePool, input, name: "\(prefix).pool")
        let reduce = "\(prefix).conv_reduce"
        let reduced = network.graph.append(fullyConnected(squeezed, reduce), means, name: reduce)
        let active = network.graph.append(.activation(configuration.activation), reduced, name: "\(prefix).act1")
        let expand = "\(prefix).conv_expand"
        let expanded = network.graph.append(fullyConnected(inner, expand), active, name: expand)
        let factors = network.graph.append(.activation(.sigmoid), expanded, name: "\(prefix).gate")
        return network.graph.append(.scaleChannels, input, factors, name: "\(prefix).scale")
    }
}
