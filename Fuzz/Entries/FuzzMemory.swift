import ModelGraph

/// Bytes in an allocation of exactly their size, so that reading beyond them is noticed.
final class FuzzMemory: ByteStorage, @unchecked Sendable {
    /// Written once, before anybody else sees it.
    let bytes: UnsafeRawBufferPointer

    init(_ array: [UInt8]) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: array.count, alignment: 16)
        memory.copyBytes(from: array)
        bytes = UnsafeRawBufferPointer(memory)
    }

    deinit {
        bytes.deallocate()
    }
}
