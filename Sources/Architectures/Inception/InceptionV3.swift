internal import ModelGraph

/// Inception-V3 (Szegedy and others, "Rethinking the Inception Architecture for Computer Vision", 2015) as a graph with
/// the tensor names of timm and torchvision; without the auxiliary classifier, which only training needs.
struct InceptionV3 {
    /// A convolution of a branch: name, output channels, kernel, stride, and whether its border is padded.
    private struct Layer {
        var name: String
        var channels: Int
        var height = 1
        var width = 1
        var stride = 1
        var isPadded = true

        init(_ name: String, _ channels: Int, _ height: Int = 1, _ width: Int? = nil) {
            self.name = name
            self.channels = channels
            self.height = height
            self.width = width ?? height
        }

        /// A 3×3 layer that halves the features, without a border.
        static func halving(_ name: String, _ channels: Int) -> Layer {
            var layer = Layer(name, channels, 3)
            layer.stride = 2
            layer.isPadded = false
            return layer
        }
    }

    private var network = NetworkBuilder(epsilon: 1e-3)

    static func graph(name: String, inputShape: FeatureShape, classCount: Int) -> Graph {
        var inception = InceptionV3()
        let features = inception.mixedBlocks(inception.stem())
        return inception.network.finish(
            features,
            name: name,
            inputShape: inputShape,
            classCount: classCount,
            classifier: "fc"
        )
    }

    private mutating func stem() -> Value {
        var unpadded = Layer("Conv2d_2a_3x3", 32, 3)
        unpadded.isPadded = false
        var last = Layer("Conv2d_4a_3x3", 192, 3)
        last.isPadded = false
        var features = layers(
            [.halving("Conv2d_1a_3x3", 32), unpadded, Layer("Conv2d_2b_3x3", 64, 3)],
            Graph.input,
            prefix: ""
        )
        features = maximum(features, name: "Pool1")
        features = layers([Layer("Conv2d_3b_1x1", 80), last], features, prefix: "")
        return maximum(features, name: "Pool2")
    }

    private mutating func mixedBlocks(_ stem: Value) -> Value {
        var features = stem
        for (name, pooled) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
            features = blockA(features, name, pooled: pooled)
        }
        features = blockB(features, "Mixed_6a")
        for (name, inner) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
            features = blockC(features, name, inner: inner)
        }
        features = blockD(features, "Mixed_7a")
        for name in ["Mixed_7b", "Mixed_7c"] { features = blockE(features, name) }
        return features
    }

    // MARK: Blocks, by the letters that PyTorch gives them

    private mutating func blockA(_ input: Value, _ name: String, pooled: Int) -> Value {
        let branches = [
            layers([Layer("branch1x1", 64)], input, prefix: name),
            layers([Layer("branch5x5_1", 48), Layer("branch5x5_2", 64, 5)], input, prefix: name),
            layers(
                [Layer("branch3x3dbl_1", 64), Layer("branch3x3dbl_2", 96, 3), Layer("branch3x3dbl_3", 96, 3)],
                input,
                prefix: name
            ),
            pooledBranch(input, channels: pooled, prefix: name),
        ]
        return join(branches, name)
    }

    private mutating func blockB(_ input: Value, _ name: String) -> Value {
        let branches = [
            layers([.halving("branch3x3", 384)], input, prefix: name),
            layers(
                [Layer("branch3x3dbl_1", 64), Layer("branch3x3dbl_2", 96, 3), .halving("branch3x3dbl_3", 96)],
                input,
                prefix: name
            ),
            maximum(input, name: "\(name).branch_pool"),
        ]
        return join(branches, name)
    }

    private mutating func blockC(_ input: Value, _ name: String, inner: Int) -> Value {
        let branches = [
            layers([Layer("branch1x1", 192)], input, prefix: name),
            layers(
                [Layer("branch7x7_1", inner), Layer("branch7x7_2", inner, 1, 7), Layer("branch7x7_3", 192, 7, 1)],
                input,
                prefix: name
            ),
            layers(
                [
                    Layer("branch7x7dbl_1", inner), Layer("branch7x7dbl_2", inner, 7, 1),
                    Layer("branch7x7dbl_3", inner, 1, 7), Layer("branch7x7dbl_4", inner, 7, 1),
                    Layer("branch7x7dbl_5", 192, 1, 7),
                ],
                input,
                prefix: name
            ),
            pooledBranch(input, channels: 192, prefix: name),
        ]
        return join(branches, name)
    }

    private mutating func blockD(_ input: Value, _ name: String) -> Value {
        let branches = [
            layers([Layer("branch3x3_1", 192), .halving("branch3x3_2", 320)], input, prefix: name),
            layers(
                [
                    Layer("branch7x7x3_1", 192), Layer("branch7x7x3_2", 192, 1, 7), Layer("branch7x7x3_3", 192, 7, 1),
                    .halving("branch7x7x3_4", 192),
                ],
                input,
                prefix: name
            ),
            maximum(input, name: "\(name).branch_pool"),
        ]
        return join(branches, name)
    }

    private mutating func blockE(_ input: Value, _ name: String) -> Value {
        let single = layers([Layer("branch3x3_1", 384)], input, prefix: name)
        let double = layers([Layer("branch3x3dbl_1", 448), Layer("branch3x3dbl_2", 384, 3)], input, prefix: name)
        let branches = [
            layers([Layer("branch1x1", 320)], input, prefix: name),
            layers([Layer("branch3x3_2a", 384, 1, 3)], single, prefix: name),
            layers([Layer("branch3x3_2b", 384, 3, 1)], single, prefix: name),
            layers([Layer("branch3x3dbl_3a", 384, 1, 3)], double, prefix: name),
            layers([Layer("branch3x3dbl_3b", 384, 3, 1)], double, prefix: name),
            pooledBranch(input, channels: 192, prefix: name),
        ]
        return join(branches, name)
    }

    // MARK: Pieces

    private mutating func layers(_ layers: [Layer], _ input: Value, prefix: String) -> Value {
        layers.reduce(input) { features, layer in
            let name = prefix.isEmpty ? layer.name : "\(prefix).\(layer.name)"
            return network.convolution(
                features,
                channels: layer.channels,
                kernel: layer.height,
                kernelWidth: layer.width,
                stride: layer.stride,
                padding: layer.isPadded
                    ? .symmetric(height: (layer.height - 1) / 2, width: (layer.width - 1) / 2)
                    : .symmetric(height: 0, width: 0),
                name: "\(name).conv",
                norm: "\(name).bn",
                activation: .relu
            )
        }
    }

    private mutating func pooledBranch(_ input: Value, channels: Int, prefix: String) -> Value {
        let pool = Pool(.average, kernel: 3, stride: 1, padding: .symmetric(kernel: 3))
        let means = network.graph.append(.pool(pool), input, name: "\(prefix).pool")
        return layers([Layer("branch_pool", channels)], means, prefix: prefix)
    }

    private mutating func maximum(_ input: Value, name: String) -> Value {
        network.graph.append(.pool(Pool(.maximum, kernel: 3, stride: 2)), input, name: name)
    }

    private mutating func join(_ branches: [Value], _ name: String) -> Value {
        network.graph.append(.concatenate, inputs: branches, name: name)
    }
}
