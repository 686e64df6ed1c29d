internal import ModelGraph

/// ResNet (He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2015), in the form that PyTorch made
/// common: the stride of a bottleneck is in its 3×3 convolution.
struct ResNetConfiguration: Sendable, Equatable {
    /// Blocks of each of the four stages.
    var blocks: [Int]
    /// Blocks of a 1×1, a 3×3 and a 1×1 convolution, instead of two of 3×3.
    var hasBottlenecks: Bool

    /// By the number in the name.
    static let table: [(depth: Int, configuration: ResNetConfiguration)] = [
        (18, ResNetConfiguration(blocks: [2, 2, 2, 2], hasBottlenecks: false)),
        (34, ResNetConfiguration(blocks: [3, 4, 6, 3], hasBottlenecks: false)),
        (50, ResNetConfiguration(blocks: [3, 4, 6, 3], hasBottlenecks: true)),
        (101, ResNetConfiguration(blocks: [3, 4, 23, 3], hasBottlenecks: true)),
        (152, ResNetConfiguration(blocks: [3, 8, 36, 3], hasBottlenecks: true)),
    ]

    /// The network as a graph; nodes and tensors bear the names of timm and torchvision.
    func graph(name: String, inputShape: FeatureShape, classCount: Int) -> Graph {
        var network = NetworkBuilder(epsilon: 1e-5)
        var features = network.convolution(
            Graph.input,
            channels: 64,
            kernel: 7,
            stride: 2,
            padding: .symmetric(kernel: 7),
            name: "conv1",
            norm: "bn1",
            activation: .relu
        )
        let pool = Pool(.maximum, kernel: 3, stride: 2, padding: .symmetric(kernel: 3))
        features = network.graph.append(.pool(pool), features, name: "maxpool")
        var inputChannels = 64
        for (stage, count) in blocks.enumerated() {
            for block in 0..<count {
                let inner = 64 << stage
                let channels = hasBottlenecks ? inner * 4 : inner
                let stride = stage > 0 && block == 0 ? 2 : 1
                features = self.block(
                    features,
                    network: &network,
                    prefix: "layer\(stage + 1).\(block)",
                    inner: inner,
                    channels: channels,
                    stride: stride,
                    isProjected: stride > 1 || inputChannels != channels
                )
                inputChannels = channels
            }
        }
        return network.finish(
            features,
            name: name,
            inputShape: inputShape,
            classCount: classCount,
            classifier: "fc"
        )
    }

    private func block(
        _ input: Value,
        network: inout NetworkBuilder,
        prefix: String,
        inner: Int,
        channels: Int,
        stride: Int,
        isProjected: Bool
    ) -> Value {
        // Kernel, stride and channels of the convolutions.
        let layers =
            hasBottlenecks
            ? [(1, 1, inner), (3, stride, inner), (1, 1, channels)] : [(3, stride, inner), (3, 1, channels)]
        var features = input
        for (index, (kernel, stride, channels)) in layers.enumerated() {
            features = network.convolution(
                features,
                channels: channels,
                kernel: kernel,
                stride: stride,
                padding: .symmetric(kernel: kernel),
                name: "\(prefix).conv\(index + 1)",
                norm: "\(prefix).bn\(index + 1)",
                activation: index == layers.count - 1 ? .identity : .relu
            )
        }
        var shortcut = input
        if isProjected {
            shortcut = network.convolution(
                input,
                channels: channels,
                stride: stride,
                name: "\(prefix).downsample.0",
                norm: "\(prefix).downsample.1",
                activation: .identity
            )
        }
        let sum = network.graph.append(.add, features, shortcut, name: "\(prefix).add")
        return network.graph.append(.activation(.relu), sum, name: "\(prefix).act")
    }
}
