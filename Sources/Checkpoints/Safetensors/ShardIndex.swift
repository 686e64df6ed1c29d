import FoundationEssentials
import ModelGraph

/// `model.safetensors.index.json` or `pytorch_model.bin.index.json`: which tensor lies in which of several files beside
/// it.
struct ShardIndex {
    private let path: String
    private let files: [String: String]

    private static let fileLimit = 1000

    private struct Content: Decodable {
        var files: [String: String]

        enum CodingKeys: String, CodingKey {
            case files = "weight_map"
        }
    }

    /// Whether a file is one by its name.
    static func isIndex(_ path: String) -> Bool { path.hasSuffix(".index.json") }

    init(path: String) throws(CheckpointError) {
        self.path = path
        let bytes = try SmallFile.bytes(path: path)
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else {
            throw CheckpointError(
                .malformed,
                path: path,
                problem: "this is not an index of files of weights",
                remedy: "It holds an object weight_map from tensor names to file names; fetch it again"
            )
        }
        files = content.files
    }

    /// The tensors of all files, each from where the index says.
    func weights() throws(CheckpointError) -> WeightsFile {
        let names = Set(files.values)
        guard names.count <= Self.fileLimit else {
            throw flaw("it names \(names.count) files, more than \(Self.fileLimit)")
        }
        let folder = ModelPath.parent(of: path)
        var all = WeightsFile()
        var shards: [String: WeightsFile] = [:]
        for name in names.sorted() {
            guard ModelPath.isPlainName(name), !Self.isIndex(name) else {
                throw flaw("\"\(name)\" is not the name of a file of weights beside it")
            }
            shards[name] = try WeightsFile(single: "\(folder)/\(name)")
        }
        for (name, file) in files {
            if let tensor = shards[file]?.weights[name] {
                all.weights[name] = tensor
            } else if let type = shards[file]?.unsupportedTypes[name] {
                all.unsupportedTypes[name] = type
            } else {
                throw flaw("tensor \(name) is not in \(file)")
            }
        }
        return all
    }

    private func flaw(_ problem: String) -> CheckpointError {
        CheckpointError(.malformed, path: path, problem: problem, remedy: "Fetch the index and its files again")
    }
}
