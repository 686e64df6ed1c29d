import FoundationEssentials

/// The files of a model: weights, and beside them perhaps `config.json`, `preprocessor_config.json`, `labels.txt` and
/// `synsets.txt`.
struct ModelFiles {
    /// The folder's name, or that of a file without a description.
    let name: String
    let weightsPath: String
    let configurationPath: String
    let preprocessorPath: String
    let labelsPath: String
    let synsetsPath: String
    let hasConfiguration: Bool

    /// Weights in a folder, the first that is there.
    private static let weightsNames = [
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "model.onnx",
    ]
    private static let weightsSuffixes = [".safetensors", ".pth", ".pth.tar", ".pt", ".bin", ".ckpt", ".onnx"]

    /// - Parameter path: the folder, or a file of weights.
    init(path: String) throws(CheckpointError) {
        guard let kind = ModelPath.kind(of: path) else {
            throw CheckpointError(
                .notFound,
                path: path,
                problem: "there is no such model",
                remedy: "Name a folder, as the Hugging Face Hub has it, or a file of weights"
            )
        }
        let folder = kind == .folder ? path : ModelPath.parent(of: path)
        configurationPath = "\(folder)/config.json"
        preprocessorPath = "\(folder)/preprocessor_config.json"
        labelsPath = "\(folder)/labels.txt"
        synsetsPath = "\(folder)/synsets.txt"
        hasConfiguration = ModelPath.kind(of: configurationPath) == .file
        weightsPath = kind == .folder ? try Self.weights(in: folder) : path
        let named = ModelPath.name(of: kind == .folder || hasConfiguration ? folder : path)
        let suffix = Self.weightsSuffixes.first { named.hasSuffix($0) && named.count > $0.count }
        name = kind == .folder ? named : String(named.dropLast(suffix?.count ?? 0))
    }

    private static func weights(in folder: String) throws(CheckpointError) -> String {
        let files = try ModelPath.files(in: folder)
        if let known = weightsNames.first(where: files.contains) { return "\(folder)/\(known)" }
        let others = files.filter { file in
            file != QuantizationFile.name && weightsSuffixes.contains { file.hasSuffix($0) }
        }
        guard others.count < 2 else {
            throw CheckpointError(
                .inconsistent,
                path: folder,
                problem: "there are several files of weights: \(others.joined(separator: ", "))",
                remedy: "Name one of them"
            )
        }
        guard let only = others.first else {
            throw CheckpointError(
                .notFound,
                path: "\(folder)/\(weightsNames[0])",
                problem: "the file with the model's weights is missing",
                remedy: "Copy it into the folder from where the model came"
            )
        }
        return "\(folder)/\(only)"
    }

    /// Decodes `config.json`.
    func configuration<Content: Decodable>(_ type: Content.Type) throws(CheckpointError) -> Content {
        try Self.decode(type, path: configurationPath)
    }

    /// Decodes `preprocessor_config.json`; nil where there is none.
    func preprocessor<Content: Decodable>(_ type: Content.Type) throws(CheckpointError) -> Content? {
        guard ModelPath.kind(of: preprocessorPath) == .file else { return nil }
        return try Self.decode(type, path: preprocessorPath)
    }

    /// The lines of `labels.txt`; nil when there is no such file.
    func labels() throws(CheckpointError) -> [String]? {
        try Self.lines(path: labelsPath)
    }

    /// The lines of `synsets.txt`; nil when there is no such file.
    func synsets() throws(CheckpointError) -> [String]? {
        try Self.lines(path: synsetsPath)
    }

    private static func lines(path: String) throws(CheckpointError) -> [String]? {
        do {
            return try SmallFile.lines(path: path)
        } catch  where error.kind == .notFound {
            return nil
        }
    }

    private static func decode<Content: Decodable>(
        _ type: Content.Type,
        path: String
    ) throws(CheckpointError) -> Content {
        let bytes = try SmallFile.bytes(path: path)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw CheckpointError(
                .malformed,
                path: path,
                problem: explanation(error),
                remedy: "Correct it, or fetch the file again"
            )
        }
    }

    private static func explanation(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty ? "the document" : context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error as? DecodingError {
        case .typeMismatch(_, let context): "\(place(context)) has the wrong type"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .keyNotFound(let key, let context): "\(place(context)) lacks \(key.stringValue)"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\(place(context)) is not valid: \(context.debugDescription)"
        default: "this is not JSON, or a number in it does not fit its place"
        }
    }
}
