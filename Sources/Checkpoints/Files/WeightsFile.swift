import ModelGraph

/// What a file of weights holds, whatever its format: the first bytes tell which one it is.
struct WeightsFile {
    var weights = Weights()
    /// Tensors of element types that are not read: name → type, as the file calls it.
    var unsupportedTypes: [String: String] = [:]
    /// What a training checkpoint calls its architecture.
    var architecture: String?
    /// A file of this kind holds the network too.
    var onnx: ONNXModel?

    private static let sizeLimit = 1 << 40

    init(path: String) throws(CheckpointError) {
        if path.hasSuffix(".index.json") {
            self = try ShardIndex(path: path).weights()
            return
        }
        let storage = try MappedFile(path: path, limit: Self.sizeLimit)
        let bytes = storage.bytes
        if bytes.starts(with: "PK".utf8) || PyTorchFile.isLegacy(bytes) || bytes.starts(with: [0x80, 0x02]) {
            let file = try PyTorchFile(storage: storage, path: path)
            weights = file.weights
            unsupportedTypes = file.unsupportedTypes
            architecture = file.architecture
        } else if path.hasSuffix(".onnx") {
            let model = try ONNXModel(storage: storage, path: path)
            weights = model.weights
            onnx = model
        } else {
            let file = try SafetensorsFile(storage: storage, path: path)
            weights = file.weights
            unsupportedTypes = file.unsupportedTypes
        }
    }
}
