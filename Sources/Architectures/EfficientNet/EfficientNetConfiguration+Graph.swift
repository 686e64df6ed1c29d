package import ModelGraph

extension EfficientNetConfiguration {
    /// The network as a graph; nodes and tensors bear timm's names.
    package func graph(name: String, inputShape: FeatureShape, classCount: Int) -> Graph {
        var network = NetworkBuilder(configuration: self)
        let stem = hasFixedEnds ? stemChannels : scaling.channels(stemChannels)
        let head = hasFixedEnds ? headChannels : scaling.channels(headChannels)

        var features = network.convolution(
            Graph.input,
            channels: stem,
            kernel: 3,
            stride: 2,
            name: "conv_stem",
            norm: "bn1"
        )
        var inputChannels = stem
        for (stageIndex, stage) in scaledStages.enumerated() {
            for blockIndex in 0..<stage.repeats {
                features = network.block(
                    features,
                    stage: stage,
                    stride: blockIndex == 0 ? stage.stride : 1,
                    inputChannels: inputChannels,
                    prefix: "blocks.\(stageIndex).\(blockIndex)"
                )
                inputChannels = stage.channels
            }
        }
        features = network.convolution(features, channels: head, name: "conv_head", norm: "bn2")
        let pooled = network.builder.append(.globalAveragePool, features, name: "global_pool")
        let classifier = Convolution(
            outputChannels: classCount,
            weight: "classifier.weight",
            bias: "classifier.bias",
            isFullyConnected: true
        )
        let logits = network.builder.append(.convolution(classifier), pooled, name: "classifier")
        return network.builder.graph(name: name, inputShape: inputShape, embedding: pooled, logits: logits)
    }
}

/// Appends the family's building blocks to a graph.
private struct NetworkBuilder {
    let configuration: EfficientNetConfiguration
    var builder = GraphBuilder()

    init(configuration: EfficientNetConfiguration) {
        self.configuration = configuration
    }

    /// Convolution, batch normalisation and, unless it is a linear bottleneck, the family's activation.
    mutating func convolution(
        _ input: Value,
        channels: Int,
        kernel: Int = 1,
        stride: Int = 1,
        groups: Int = 1,
        name: String,
        norm: String,
        isActivated: Bool = true
    ) -> Value {
        let convolution = Convolution(
            outputChannels: channels,
            kernel: kernel,
            stride: stride,
            padding: configuration.usesSamePadding ? .same : .symmetric(kernel: kernel),
            groups: groups,
            weight: name + ".weight"
        )
        let sums = builder.append(.convolution(convolution), input, name: name)
        let normalization = BatchNormalization(prefix: norm, epsilon: configuration.batchNormEpsilon)
        let normalized = builder.append(.batchNormalization(normalization), sums, name: norm)
        guard isActivated else { return normalized }
        return builder.append(.activation(configuration.activation), normalized, name: norm + ".act")
    }

    mutating func block(
        _ input: Value,
        stage: EfficientNetConfiguration.Stage,
        stride: Int,
        inputChannels: Int,
        prefix: String
    ) -> Value {
        let inner = inputChannels * stage.expansion
        var features = input
        let depthwiseNorm: String
        let project: (name: String, norm: String)
        switch stage.block {
        case .depthwiseSeparable:
            depthwiseNorm = "bn1"
            project = ("conv_pw", "bn2")
        case .invertedResidual:
            features = convolution(features, channels: inner, name: "\(prefix).conv_pw", norm: "\(prefix).bn1")
            depthwiseNorm = "bn2"
            project = ("conv_pwl", "bn3")
        }
        features = convolution(
            features,
            channels: inner,
            kernel: stage.kernel,
            stride: stride,
            groups: inner,
            name: "\(prefix).conv_dw",
            norm: "\(prefix).\(depthwiseNorm)"
        )
        if let ratio = configuration.squeezeRatio {
            let squeezed = Int((Double(inputChannels) * ratio).rounded(.toNearestOrEven))
            features = squeezeExcitation(features, channels: inner, squeezed: max(1, squeezed), prefix: "\(prefix).se")
        }
        features = convolution(
            features,
            channels: stage.channels,
            name: "\(prefix).\(project.name)",
            norm: "\(prefix).\(project.norm)",
            isActivated: false
        )
        guard stride == 1, inputChannels == stage.channels else { return features }
        return builder.append(.add, features, input, name: "\(prefix).add")
    }

    /// Squeeze-and-excitation: each channel is scaled by a factor that depends on all channels' means.
    private mutating func squeezeExcitation(_ input: Value, channels: Int, squeezed: Int, prefix: String) -> Value {
        func fullyConnected(_ channels: Int, _ name: String) -> Operator {
            .convolution(Convolution(outputChannels: channels, weight: name + ".weight", bias: name + ".bias"))
        }
        let means = builder.append(.globalAveragePool, input, name: "\(prefix).pool")
        let reduce = "\(prefix).conv_reduce"
        let reduced = builder.append(fullyConnected(squeezed, reduce), means, name: reduce)
        let active = builder.append(.activation(configuration.activation), reduced, name: "\(prefix).act1")
        let expand = "\(prefix).conv_expand"
        let expanded = builder.append(fullyConnected(channels, expand), active, name: expand)
        let factors = builder.append(.activation(.sigmoid), expanded, name: "\(prefix).gate")
        return builder.append(.scaleChannels, input, factors, name: "\(prefix).scale")
    }
}
