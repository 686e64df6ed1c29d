import FoundationEssentials
import Glibc

/// The files of a timm-style model folder: `model.safetensors`, `config.json` and perhaps `labels.txt`.
struct ModelFolder {
    /// The folder's own name.
    let name: String
    let weightsPath: String
    let configurationPath: String
    let labelsPath: String

    /// - Parameter path: the folder, or a safetensors file in such a folder.
    init(path: String) throws(CheckpointError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CheckpointError(
                .notFound,
                path: path,
                problem: "there is no such model",
                remedy:
                    "Name a folder with model.safetensors and config.json, as the Hugging Face Hub has for timm models"
            )
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let folder = isFolder ? path : Self.parent(of: path)
        name = Self.name(of: folder)
        weightsPath = isFolder ? "\(folder)/model.safetensors" : path
        configurationPath = "\(folder)/config.json"
        labelsPath = "\(folder)/labels.txt"
    }

    func configuration() throws(CheckpointError) -> TimmConfiguration {
        let bytes = try required("the model's description") { () throws(CheckpointError) in
            try SmallFile.bytes(path: configurationPath)
        }
        do {
            return try JSONDecoder().decode(TimmConfiguration.self, from: Data(bytes))
        } catch {
            throw CheckpointError(
                .malformed,
                path: configurationPath,
                problem: Self.explanation(error),
                remedy: "Correct it, or fetch the file again"
            )
        }
    }

    func weights() throws(CheckpointError) -> SafetensorsFile {
        try required("the model's weights") { () throws(CheckpointError) in try SafetensorsFile(path: weightsPath) }
    }

    /// The lines of `labels.txt`; nil when there is no such file.
    func labels() throws(CheckpointError) -> [String]? {
        do {
            return try SmallFile.lines(path: labelsPath)
        } catch  where error.kind == .notFound {
            return nil
        }
    }

    /// Reads a file that must be there; says what it is for when it is not.
    private func required<Content>(
        _ purpose: String,
        read: () throws(CheckpointError) -> Content
    ) throws(CheckpointError) -> Content {
        do {
            return try read()
        } catch  where error.kind == .notFound {
            throw CheckpointError(
                .notFound,
                path: error.path,
                problem: "the file with \(purpose) is missing",
                remedy: "Copy it into the folder from where the model came"
            )
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last component of a path, looked up when the path only says ".", ".." or "/".
    private static func name(of folder: String) -> String {
        func lastComponent(_ path: String) -> String? {
            path.split(separator: "/").last.map(String.init)
        }
        if let name = lastComponent(folder), name != ".", name != ".." { return name }
        guard let resolved = realpath(folder, nil) else { return "model" }
        defer { free(resolved) }
        return lastComponent(String(cString: resolved)) ?? "model"
    }

    private static func explanation(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty ? "the document" : context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error as? DecodingError {
        case .typeMismatch(_, let context): "\(place(context)) has the wrong type"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\(place(context)) is not valid: \(context.debugDescription)"
        default: "this is not JSON, or a number in it does not fit its place"
        }
    }
}
