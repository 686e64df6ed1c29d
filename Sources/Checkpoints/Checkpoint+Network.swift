import Architectures
package import ModelGraph

/// A checkpoint's network: the graph, and the weights by the graph's names.
package struct Network: Sendable {
    package var graph: Graph
    package var weights: Weights
    /// What the architecture is called.
    package var architecture: String
    package var transform: ImageTransform
    /// Zero for a network without a classifier.
    package var classCount: Int
    /// How the weights are mapped to 8 bits, where they are stored so.
    package var quantization: Quantization?
}

extension Checkpoint {
    /// Builds the network that the tensors belong to, and finds each tensor that it needs.
    ///
    /// - Throws: `CheckpointError`, `GraphError` or `ArchitectureError`: which tensor or name is at fault.
    package func network() throws -> Network {
        if let onnx { return try network(onnx) }
        guard let style = NamingStyle(where: { weights[$0] != nil || unsupportedTypes[$0] != nil }) else {
            throw CheckpointError(
                .unsupported,
                path: path,
                problem: "the tensors' names are of no architecture that is known",
                remedy: "EfficientNets as timm, torchvision, Transformers and efficientnet_pytorch name them, ResNets "
                    + "and Inception-V3 are read"
            )
        }
        let layout = TensorLayout(self, style: style)
        let architecture = try architecture(layout)
        let transform = transform ?? architecture.transform.forChannels(layout.inputChannels(of: architecture))
        let shape = FeatureShape(
            channels: transform.mean.count,
            height: transform.height,
            width: transform.width
        )
        let classes = layout.classCount(of: architecture)
        let graph = architecture.graph(inputShape: shape, classCount: classes)
        let quantization = try ownQuantization(for: graph)
        return Network(
            graph: graph,
            weights: try layout.weights(for: graph, of: architecture, quantization: quantization),
            architecture: architecture.name,
            transform: transform,
            classCount: classes,
            quantization: quantization
        )
    }

    private func architecture(_ layout: TensorLayout) throws -> Architecture {
        if let huggingFace { return try huggingFace.architecture(path: path) }
        guard let name = architecture else { return try layout.inferredArchitecture() }
        return try Architecture(named: name).adapted(to: layout.style)
    }

    private func network(_ onnx: ONNXModel) throws -> Network {
        let shape = try onnx.inputShape(height: transform?.height, width: transform?.width)
        let stated = transform ?? .imageNet(width: shape.width, height: shape.height).forChannels(shape.channels)
        guard stated.mean.count == shape.channels, stated.height == shape.height, stated.width == shape.width else {
            throw CheckpointError(
                .inconsistent,
                path: path,
                problem: "the network takes pictures of \(shape), but config.json says "
                    + "\(stated.mean.count)×\(stated.height)×\(stated.width)",
                remedy: "Correct input_size, or export the network for that size"
            )
        }
        let (graph, weights) = try onnx.graph(inputShape: shape)
        let classes = try graph.logits.map { try graph.shapes()[$0.index].channels } ?? 0
        return Network(
            graph: graph,
            weights: weights,
            architecture: architecture ?? onnx.name,
            transform: stated,
            classCount: classes
        )
    }
}

extension ImageTransform {
    /// The same for another number of channels: one has the mean of all, more have a range of −1…1.
    func forChannels(_ count: Int) -> ImageTransform {
        guard count != mean.count else { return self }
        var transform = self
        if count == 1 {
            transform.mean = [mean.reduce(0, +) / Float(mean.count)]
            transform.standardDeviation = [standardDeviation.reduce(0, +) / Float(mean.count)]
        } else {
            transform.mean = [Float](repeating: 0.5, count: count)
            transform.standardDeviation = [Float](repeating: 0.5, count: count)
        }
        return transform
    }

    /// ImageNet's mean and deviation, where nothing is stated.
    static func imageNet(width: Int, height: Int) -> ImageTransform {
        ImageTransform(
            width: width,
            height: height,
            mean: [0.485, 0.456, 0.406],
            standardDeviation: [0.229, 0.224, 0.225]
        )
    }
}
