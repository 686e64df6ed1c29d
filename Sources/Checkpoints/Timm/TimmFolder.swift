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
    ///   - network: of an architecture that timm has a name for.
    ///   - path: of the folder, which is made.
    package static func write(
        _ network: Network,
        labels: [String]?,
        classIdentifiers: [String]? = nil,
        to path: String
    ) throws {
        let (name, weights) = try timmForm(of: network, path: path)
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw CheckpointError(systemError: errno, path: path, action: "write")
        }
        let shape = network.graph.inputShape
        let description = Description(
            architecture: name,
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
        try SafetensorsWriter.write(weights, metadata: ["format": "pt"], to: "\(path)/model.safetensors")
        try write(Array(encoder.encode(description)), to: "\(path)/config.json")
        for (lines, name) in [(labels, "labels.txt"), (classIdentifiers, "synsets.txt")] {
            guard let lines else { continue }
            try write(Array(lines.map { $0 + "\n" }.joined().utf8), to: "\(path)/\(name)")
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
        let file = try ReplacementFile(path: path)
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(CheckpointError) in try file.write(bytes) }
        try file.commit()
    }

    /// timm's name of an architecture that computes the same for this input, and its weights: epsilons may differ, which
    /// the variances make good.
    private static func timmForm(of network: Network, path: String) throws -> (name: String, weights: Weights) {
        let own = network.architecture
        for name in [own, "tf_\(own)"] + Architecture.names {
            guard let architecture = try? Architecture(named: name) else { continue }
            let graph = architecture.graph(inputShape: network.graph.inputShape, classCount: network.classCount)
            if let weights = try network.weights(in: graph) { return (name, weights) }
        }
        throw CheckpointError(
            .unsupported,
            path: path,
            problem: "timm has no name for the network \(own) with pictures of this size",
            remedy: "Serve it as it is"
        )
    }
}

extension Network {
    /// The weights for another graph, if that graph computes the same but for epsilons; else nil.
    fileprivate func weights(in other: Graph) throws -> Weights? {
        guard graph.nodes.count == other.nodes.count else { return nil }
        var weights = weights
        let shapes = try graph.shapes()
        for (mine, theirs) in zip(graph.nodes, other.nodes) {
            guard mine.inputs == theirs.inputs, mine.output == theirs.output else { return nil }
            switch (mine.operation, theirs.operation) {
            case (.convolution(let first), .convolution(let second)):
                guard first.isSame(as: second, input: shapes[mine.inputs[0].index]) else { return nil }
            case (.batchNormalization(let first), .batchNormalization(let second)):
                guard first.prefix == second.prefix else { return nil }
                try weights.shiftVariance(of: first.prefix, by: first.epsilon - second.epsilon)
            default:
                guard mine.operation == theirs.operation else { return nil }
            }
        }
        return weights
    }
}

extension Convolution {
    /// Whether both see the same pixels of this input.
    fileprivate func isSame(as other: Convolution, input: FeatureShape) -> Bool {
        var (first, second) = (self, other)
        for isVertical in [true, false] {
            let extent = isVertical ? input.height : input.width
            let kernel = isVertical ? kernelHeight : kernelWidth
            func amounts(_ padding: Padding) -> (before: Int, after: Int) {
                let (before, after) = padding.amounts(
                    input: extent,
                    kernel: kernel,
                    stride: stride,
                    vertical: isVertical
                )
                // Rows that no window reaches do not count.
                let unused = (extent + before + after - kernel) % max(stride, 1)
                return (before, after - unused)
            }
            guard amounts(padding) == amounts(other.padding) else { return false }
        }
        first.padding = .same
        second.padding = .same
        return first == second
    }
}

extension Weights {
    fileprivate mutating func shiftVariance(of prefix: String, by difference: Double) throws(GraphError) {
        guard difference != 0, let tensor = self[prefix + ".running_var"] else { return }
        let values = try floats(prefix + ".running_var", shape: tensor.shape)
        self[prefix + ".running_var"] = Tensor(
            shape: tensor.shape,
            floats: values.map { Float(Double($0) + difference) }
        )
    }
}
