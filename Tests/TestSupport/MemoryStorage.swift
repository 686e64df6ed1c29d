package import ModelGraph

/// Bytes in memory of their own, each allocation exactly as long as its content.
package final class MemoryStorage: ByteStorage, @unchecked Sendable {
    /// Written only while the object is made.
    package let bytes: UnsafeRawBufferPointer

    package init(_ content: UnsafeRawBufferPointer) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 64)
        copy.copyMemory(from: content)
        bytes = UnsafeRawBufferPointer(copy)
    }

    deinit {
        bytes.deallocate()
    }
}

extension MemoryStorage {
    package static func holding(_ content: [UInt8]) -> MemoryStorage {
        content.withUnsafeBytes { MemoryStorage($0) }
    }
}

extension Tensor {
    /// A float32 tensor of its own memory.
    package init(shape: [Int], floats: [Float]) {
        let storage = floats.withUnsafeBytes { MemoryStorage($0) }
        self.init(elementType: .float32, shape: shape, storage: storage, byteRange: 0..<storage.bytes.count)
    }
}
