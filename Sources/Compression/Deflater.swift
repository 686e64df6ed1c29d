import CZlib

/// Deflates whole buffers (RFC 1951).
package enum Deflater {
    /// The bytes deflated, in the wrapper asked for; nil when there is no memory for it.
    ///
    /// - Parameter level: 1 (fast) to 9 (small).
    package static func deflate(_ input: [UInt8], as wrapper: DeflateWrapper, level: Int32 = 1) -> [UInt8]? {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        let status = deflateInit2_(
            &stream,
            min(max(level, 1), 9),
            Z_DEFLATED,
            wrapper.windowBits,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            size
        )
        guard status == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        guard let count = UInt32(exactly: input.count) else { return nil }
        let capacity = Int(deflateBound(&stream, UInt(count)))
        guard let room = UInt32(exactly: capacity) else { return nil }
        var isFinished = false
        let output = [UInt8](unsafeUninitializedCapacity: capacity) { output, initialized in
            input.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = count
                stream.next_out = output.baseAddress
                stream.avail_out = room
                isFinished = CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            initialized = capacity - Int(stream.avail_out)
        }
        return isFinished ? output : nil
    }
}
