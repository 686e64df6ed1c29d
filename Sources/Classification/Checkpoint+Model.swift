internal import Architectures
internal import Checkpoints
internal import Engine
internal import Imaging
internal import ModelGraph

extension Checkpoint {
    /// The architecture's graph, sized for this checkpoint, with its weights.
    func model() throws -> (Model, classCount: Int) {
        guard let count = classCount ?? weights["classifier.weight"]?.shape.first else {
            throw GraphError.missingTensor(name: "classifier.weight")
        }
        if let labels, labels.count != count {
            throw ClassificationError.labelCount(model: name, labels: labels.count, classes: count)
        }
        let shape = FeatureShape(channels: transform.mean.count, height: transform.height, width: transform.width)
        let graph = try Architecture(named: architecture).graph(inputShape: shape, classCount: count)
        return (try Model(graph: graph, weights: weights), count)
    }
}

extension ImagePipeline.Framing {
    init(_ transform: ImageTransform) {
        let mode: Mode =
            switch transform.cropMode {
            case .center: .center
            case .squash: .squash
            }
        let filter: Filter =
            switch transform.interpolation {
            case .bilinear: .bilinear
            case .bicubic: .bicubic
            case .lanczos: .lanczos
            }
        self.init(
            width: transform.width,
            height: transform.height,
            cropFraction: transform.cropFraction,
            mode: mode,
            filter: filter
        )
    }
}
