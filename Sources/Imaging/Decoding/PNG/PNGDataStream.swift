import Compression

/// The compressed rows: the bodies of the IDAT chunks that follow each other, inflated as far as they are asked for.
struct PNGDataStream: ~Copyable {
    private var chunks: PNGChunkReader
    private var inflater: Inflater
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Whether the last of the chunks is in `input`.
    private var isLast = false

    /// - Parameter offset: of the first IDAT chunk.
    init(_ bytes: UnsafeRawBufferPointer, from offset: Int) throws(ImageError) {
        chunks = PNGChunkReader(bytes, from: offset)
        do throws(InflateError) {
            inflater = try Inflater(.zlib)
        } catch {
            throw Self.imageError(error)
        }
    }

    /// Fills the whole of `output`.
    ///
    /// - Throws: `corrupt` if there is not that much left.
    mutating func read(into output: UnsafeMutableRawBufferPointer) throws(ImageError) {
        var filled = 0
        while filled < output.count {
            if input.isEmpty, !isLast {
                try takeChunk()
            }
            let progress: Inflater.Progress
            do throws(InflateError) {
                progress = try inflater.inflate(input, into: UnsafeMutableRawBufferPointer(rebasing: output[filled...]))
            } catch {
                throw Self.imageError(error)
            }
            filled += progress.produced
            input = UnsafeRawBufferPointer(rebasing: input[progress.consumed...])
            let isStuck = isLast && progress.consumed == 0 && progress.produced == 0
            guard filled == output.count || !(progress.isFinished || isStuck) else {
                throw .corrupt(format: .png, reason: "rows of pixels are missing")
            }
        }
    }

    private mutating func takeChunk() throws(ImageError) {
        let chunk = try chunks.next()
        if chunk.type == PNGChunk.data {
            input = chunk.body
        } else {
            isLast = true
        }
    }

    private static func imageError(_ error: InflateError) -> ImageError {
        switch error {
        case .corrupt(let reason): .corrupt(format: .png, reason: "its compressed data: \(reason)")
        case .outOfMemory: .corrupt(format: .png, reason: "no memory to inflate it with")
        }
    }
}
