import Architectures
import ModelGraph

/// The `config.json` of Transformers' EfficientNets, as far as inference needs it. What is missing has the default of
/// Transformers, which is B7.
struct HuggingFaceConfiguration: Decodable {
    /// What Transformers calls a model of timm that it has wrapped; the rest of its `config.json` is timm's.
    static let timmWrapper = "timm_wrapper"

    var modelType: String?
    var width: Double?
    var depth: Double?
    var imageSize: Int?
    var channels: Int?
    var symmetricBlocks: [Int]?
    var activation: String?
    var epsilon: Double?
    var pooling: String?
    var labels: LabelNames?

    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case width = "width_coefficient"
        case depth = "depth_coefficient"
        case imageSize = "image_size"
        case channels = "num_channels"
        case symmetricBlocks = "depthwise_padding"
        case activation = "hidden_act"
        case epsilon = "batch_norm_eps"
        case pooling = "pooling_type"
        case labels = "id2label"
    }

    /// The network; layers other than those of the published models are refused.
    ///
    /// - Parameter path: the file that errors name.
    func architecture(path: String) throws(CheckpointError) -> Architecture {
        func unsupported(_ problem: String, _ remedy: String) -> CheckpointError {
            CheckpointError(.unsupported, path: path, problem: problem, remedy: remedy)
        }
        guard modelType == "efficientnet" else {
            throw unsupported(
                "the model_type \"\(modelType ?? "")\" is not supported",
                "Of Transformers' models, efficientnet is read"
            )
        }
        let (width, depth, side) = (self.width ?? 2, self.depth ?? 3.1, imageSize ?? 600)
        guard (0.01...10).contains(width), (0.01...10).contains(depth), (1...4096).contains(side) else {
            throw CheckpointError(
                .malformed,
                path: path,
                problem: "the coefficients \(width) and \(depth) or the image_size \(side) are not possible",
                remedy: "Correct them, or fetch the file again"
            )
        }
        guard ["swish", "silu", nil].contains(activation), ["mean", nil].contains(pooling) else {
            throw unsupported(
                "hidden_act \"\(activation ?? "")\" or pooling_type \"\(pooling ?? "")\" is not supported",
                "The published models have swish and mean"
            )
        }
        let scaling = CompoundScaling(width: width, depth: depth, resolution: side)
        var configuration = EfficientNetConfiguration.efficientNet(scaling)
        configuration.batchNormEpsilon = epsilon ?? 1e-3
        configuration.firstBlocksHaveSkips = false
        configuration.border = .keras(symmetricBlocks: Set(symmetricBlocks ?? []))
        return Architecture(name: scaling.architectureName, configuration: configuration)
    }
}
