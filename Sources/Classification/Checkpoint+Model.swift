package import Checkpoints
package import Engine
package import Imaging
package import ModelGraph

extension Network {
    /// Floats of one layer's features at most, for one image: beyond that a description is broken or hostile.
    private static let featureLimit = 1 << 29

    /// The network as a model that can be planned.
    ///
    /// - Parameters:
    ///   - labels: as many as classes, or nil.
    ///   - quantization: how it is mapped to 8 bits, if it is.
    package func model(name: String, labels: [String]?, quantization: Quantization? = nil) throws -> Model {
        if let labels, labels.count != classCount, classCount > 0 {
            throw ClassificationError.labelCount(model: name, labels: labels.count, classes: classCount)
        }
        for shape in try graph.shapes() {
            let (plane, isLarge) = shape.height.multipliedReportingOverflow(by: shape.width)
            let (count, isTooLarge) = plane.multipliedReportingOverflow(by: shape.channels)
            guard !isLarge, !isTooLarge, count <= Self.featureLimit else {
                throw ClassificationError.tooLarge(model: name, features: "\(shape)")
            }
        }
        return try Model(graph: graph, weights: weights, quantization: quantization)
    }
}

extension ImagePipeline.Framing {
    /// How pictures get into a model's shape.
    package init(_ transform: ImageTransform) {
        let mode: Mode =
            switch transform.cropMode {
            case .center: .center
            case .squash: .squash
            }
        let filter: Filter =
            switch transform.interpolation {
            case .nearest: .nearest
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
