import Checkpoints
import ModelGraph

/// A zip archive with a pickle, or the older form: whatever is accepted has tensors that can be read to their ends.
enum PyTorchEntry {
    static func run(_ bytes: [UInt8]) {
        guard let file = try? PyTorchFile(storage: FuzzMemory(bytes), path: "fuzz") else { return }
        for name in file.weights.names {
            guard let tensor = file.weights[name] else { preconditionFailure("a name without a tensor") }
            tensor.withUnsafeBytes { bytes in
                precondition(
                    bytes.count == tensor.shape.reduce(tensor.elementType.byteCount, *),
                    "a tensor of another size than its shape's"
                )
                precondition(bytes.reduce(0) { $0 &+ Int($1) } >= 0)
            }
        }
    }
}
