import CZlib

/// Why a compressed stream cannot be inflated.
package enum InflateError: Error, Sendable, Equatable {
    /// The stream breaks its format or its checksum; `reason` in zlib's words.
    case corrupt(reason: String)
    case outOfMemory
}

extension InflateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .corrupt(let reason): "The compressed data is broken (\(reason)); compress it again."
        case .outOfMemory: "There is no memory to inflate with; try again later."
        }
    }
}

/// Inflates a stream piece by piece into buffers of the caller's size, so that no more is ever inflated than was asked
/// for. Holds about 40 KB beside its input.
package struct Inflater: ~Copyable {
    package typealias Wrapper = DeflateWrapper

    /// How far a call got.
    package struct Progress: Sendable, Equatable {
        package var consumed: Int
        package var produced: Int
        /// The stream's end was reached and its checksum is right; nothing more will come.
        package var isFinished: Bool

        package init(consumed: Int, produced: Int, isFinished: Bool) {
            self.consumed = consumed
            self.produced = produced
            self.isFinished = isFinished
        }
    }

    /// zlib keeps the stream's address, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isFinished = false

    package init(_ wrapper: Wrapper) throws(InflateError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(stream, wrapper.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw .outOfMemory
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates from `input` until `output` is full, `input` is used up or the stream ends, whichever comes first.
    package mutating func inflate(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(InflateError) -> Progress {
        var progress = Progress(consumed: 0, produced: 0, isFinished: isFinished)
        while !progress.isFinished, progress.produced < output.count {
            // zlib counts in 32 bits. Without input it may still hold back output of earlier input.
            let piece = UnsafeRawBufferPointer(rebasing: input[progress.consumed...].prefix(1 << 30))
            let room = UnsafeMutableRawBufferPointer(rebasing: output[progress.produced...].prefix(1 << 30))
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
            )
            stream.pointee.avail_in = UInt32(piece.count)
            stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room.count)
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            progress.consumed += piece.count - Int(stream.pointee.avail_in)
            progress.produced += room.count - Int(stream.pointee.avail_out)
            switch status {
            case Z_OK: continue
            case Z_BUF_ERROR: return progress
            case Z_STREAM_END: progress.isFinished = true
            case Z_MEM_ERROR: throw .outOfMemory
            case Z_NEED_DICT: throw .corrupt(reason: "a preset dictionary is needed")
            default: throw .corrupt(reason: stream.pointee.msg.map { String(cString: $0) } ?? "unknown cause")
            }
        }
        isFinished = progress.isFinished
        return progress
    }
}
