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
    }
}
