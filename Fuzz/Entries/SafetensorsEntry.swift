import Checkpoints
import ModelGraph

/// A checkpoint that somebody published: every tensor lies within the file, and has the size of its shape.
enum SafetensorsEntry {
    static func run(_ bytes: [UInt8]) {
        guard let file = try? SafetensorsFile(storage: FuzzMemory(bytes), path: "fuzz") else { return }
        var total = 0
        for name in file.weights.names {
            guard let tensor = file.weights[name] else { preconditionFailure("a name without a tensor") }
            tensor.withUnsafeBytes { bytes in
                precondition(
                    bytes.count == tensor.shape.reduce(tensor.elementType.byteCount, *),
                    "a tensor of another size than its shape's"
                )
                total += bytes.count
                // Reads the first byte and the last.
                precondition(bytes.isEmpty || Int(bytes[0]) + Int(bytes[bytes.count - 1]) >= 0)
            }
        }
        precondition(total <= bytes.count, "tensors that overlap")
        checkQuantization(file)
    }

    /// Scales fit the layers that they are of.
    private static func checkQuantization(_ file: SafetensorsFile) {
        guard let quantization = try? QuantizationFile.quantization(in: file, path: "fuzz", for: graph) else { return }
        for (name, layer) in quantization.layers {
            precondition(name == "a" && layer.scales.count == 2 && layer.shifts.count == 2, "scales of no layer")
            precondition(layer.scales.allSatisfy { $0 > 0 } && layer.shifts.allSatisfy(\.isFinite), "unusable scales")
        }
        precondition(quantization.features.allSatisfy { $0.key == "a" && $0.value.scale > 0 }, "unusable features")
    }

    /// A layer "a" of two channels.
    private static let graph: Graph = {
        var builder = GraphBuilder()
        let convolution = Convolution(outputChannels: 2, weight: "a.weight")
        let output = builder.append(.convolution(convolution), Graph.input, name: "a")
        let shape = FeatureShape(channels: 1, height: 1, width: 1)
        return builder.graph(name: "fuzz", inputShape: shape, embedding: output, logits: nil)
    }()
}
