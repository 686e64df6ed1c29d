import ModelGraph

/// What a file of weights holds, whatever its format: the first bytes tell which one it is.
struct WeightsFile {
    var weights = Weights()
    /// Tensors of element types that are not read: name → type, as the file calls it.
    var unsupportedTypes: [String: String] = [:]
    /// The free-form texts of a safetensors file.
    var metadata: [String: String] = [:]
    /// What a training checkpoint calls its architecture.
    var architecture: String?
    /// A file of this kind holds the network too.
    var onnx: ONNXModel?

    private static let sizeLimit = 1 << 40

    /// Nothing yet.
    init() {}

    /// A whole model: a file, or an index of several.
    init(path: String) throws(CheckpointError) {
        self = ShardIndex.isIndex(path) ? try ShardIndex(path: path).weights() : try WeightsFile(single: path)
        if onnx == nil { weights = weights.unwrapped() }
    }

    /// One file, its tensors by the names that stand in it.
    init(single path: String) throws(CheckpointError) {
        let storage = try MappedFile(path: path, limit: Self.sizeLimit)
        if PyTorchFile.isOne(storage.bytes) {
            let file = try PyTorchFile(storage: storage, path: path)
            weights = file.weights
            unsupportedTypes = file.unsupportedTypes
            architecture = file.architecture
        } else if path.hasSuffix(".onnx") {
            let model = try ONNXModel(storage: storage, path: path)
            weights = model.weights
            onnx = model
        } else if let format = ForeignFormat(storage.bytes) {
            throw CheckpointError(
                .unsupported,
                path: path,
                problem: "this is \(format.rawValue), which is not read",
                remedy: "Safetensors, PyTorch's files and ONNX are read"
            )
        } else {
            let file = try SafetensorsFile(storage: storage, path: path)
            weights = file.weights
            unsupportedTypes = file.unsupportedTypes
            metadata = file.metadata
        }
    }
}
