import Architectures
import FoundationEssentials
import Glibc
import ModelGraph

/// Writes a model in timm's form: a folder of `model.safetensors`, `config.json` and, where classes have names,
/// `labels.txt` and `synsets.txt`.
package enum TimmFolder {
    /// `config.json`, as much of it as inference needs.
    private struct Description: Encodable {
        struct Pretrained: Encodable {
            var classCount: Int
            var inputSize: [Int]
            var cropFraction: Double
            var cropMode: String
            var interpolation: String
            var mean: [Float]
            var standardDeviation: [Float]

            enum CodingKeys: String, CodingKey {
                case classCount = "num_classes"
                case inputSize = "input_size"
                case cropFraction = "crop_pct"
                case cropMode = "crop_mode"
                case interpolation
                case mean
                case standardDeviation = "std"
            }
        }

        var architecture: String
        var classCount: Int
        var pretrained: Pretrained

        enum CodingKeys: String, CodingKey {
            case architecture
            case classCount = "num_classes"
            case pretrained = "pretrained_cfg"
        }
    }

    /// - Parameters:
    ///   - network: of an architecture that timm has a name for, with weights in floats.
    ///   - path: of the folder, which is made.
    /// - Returns: that name.
    @discardableResult
    package static func write(
        _ network: Network,
        labels: [String]?,
        classIdentifiers: [String]? = nil,
        to path: String
    ) throws -> String {
        let network = try timmForm(of: network, path: path)
        try writeFiles(
            network,
            metadata: ["format": "pt"],
            labels: labels,
            classIdentifiers: classIdentifiers,
            to: path
        )
        return network.architecture
    }

    /// Makes the folder to write, where it is not there yet.
    package static func make(_ path: String) throws(CheckpointError) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw CheckpointError(systemError: errno, path: path, action: "write")
        }
    }

    /// Writes a network that has timm's names.
    static func writeFiles(
        _ network: Network,
        metadata: [String: String],
        labels: [String]?,
        classIdentifiers: [String]?,
        to path: String
    ) throws {
        try make(path)
        let shape = network.graph.inputShape
        let description = Description(
            architecture: network.architecture,
            classCount: network.classCount,
            pretrained: Description.Pretrained(
                classCount: network.classCount,
                inputSize: [shape.channels, shape.height, shape.width],
                cropFraction: network.transform.cropFraction,
                cropMode: network.transform.cropMode.rawValue,
                interpolation: network.transform.interpolation.rawValue,
                mean: network.transform.mean,
                standardDeviation: network.transform.standardDeviation
            )
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try SafetensorsWriter.write(network.weights, metadata: metadata, to: "\(path)/model.safetensors")
        try ReplacementFile.write(Array(encoder.encode(description)), to: "\(path)/config.json")
        for (lines, name) in [(labels, "labels.txt"), (classIdentifiers, "synsets.txt")] {
            guard let lines else { continue }
            try ReplacementFile.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: "\(path)/\(name)")
        }
    }

    /// Copies what a model's folder says of its licence: who has the weights in another form is bound by it too.
    ///
    /// - Parameter model: its folder, or a file of weights in it.
    package static func copyLicence(ofModel model: String, to path: String) throws(CheckpointError) {
        let folder = ModelPath.folder(ofModel: model)
        for name in ["LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE", "NOTICE.txt"] {
            guard ModelPath.kind(of: "\(folder)/\(name)") == .file else { continue }
            try ReplacementFile.write(SmallFile.bytes(path: "\(folder)/\(name)"), to: "\(path)/\(name)")
        }
    }

    /// The network as timm builds it: the graph of an architecture that timm has a name for and that computes the same for
    /// this input, and its weights by timm's names.
    ///
    /// - Parameter path: what errors name.
    package static func timmForm(of network: Network, path: String) throws -> Network {
        guard network.quantization == nil else {
            throw CheckpointError(
                .unsupported,
                path: path,
                problem: "the weights of \(network.architecture) are 8-bit integers",
                remedy: "Convert the model that they were made from"
            )
        }
        let own = network.architecture
        for name in [own, "tf_\(own)"] + Architecture.names {
            guard let architecture = try? Architecture(named: name) else { continue }
            let graph = architecture.graph(inputShape: network.graph.inputShape, classCount: network.classCount)
            guard let weights = try GraphMatch.weights(of: network, for: graph) else { continue }
            var form = network
            (form.graph, form.weights, form.architecture) = (graph, weights, name)
            return form
        }
        throw CheckpointError(
            .unsupported,
            path: path,
            problem: "the network \(own), with pictures of this size, is none that `effnet describe` lists",
            remedy: "Serve the file as it is"
        )
    }
}
