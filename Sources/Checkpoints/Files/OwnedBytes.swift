import ModelGraph

/// Bytes in memory of their own.
final class OwnedBytes: ByteStorage, @unchecked Sendable {
    /// Written only while the object is made: hence safe to share.
    let bytes: UnsafeRawBufferPointer

    /// - Parameter fill: writes all the bytes.
    init<Failure: Error>(
        count: Int,
        _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        bytes = UnsafeRawBufferPointer(memory)
        try fill(memory)
    }

    deinit {
        bytes.deallocate()
    }
}

extension Tensor {
    /// A float32 tensor in memory of its own.
    init(shape: [Int], floats: [Float]) {
        let storage = floats.withUnsafeBytes { source in OwnedBytes(count: source.count) { $0.copyMemory(from: source) }
        }
        self.init(elementType: .float32, shape: shape, storage: storage, byteRange: 0..<storage.bytes.count)
    }

    /// A tensor of one-byte elements in memory of its own.
    init(_ elementType: ElementType, shape: [Int], bytes: [UInt8]) {
        let storage = bytes.withUnsafeBytes { source in OwnedBytes(count: source.count) { $0.copyMemory(from: source) }
        }
        self.init(elementType: elementType, shape: shape, storage: storage, byteRange: 0..<bytes.count)
    }
}
