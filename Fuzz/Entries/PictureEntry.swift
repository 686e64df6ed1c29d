import Compression
import Imaging

/// A picture that somebody uploads: it is decoded, or refused with a reason.
enum PictureEntry {
    private static let pipeline: ImagePipeline = {
        var limits = ImagePipeline.Limits()
        // Small, so that the limits are met too.
        limits.pixels = 1_000_000
        limits.decodeMemory = 16 << 20
        return ImagePipeline(framing: .init(width: 24, height: 16, cropFraction: 0.875), limits: limits)
    }()

    static func runJPEG(_ bytes: [UInt8]) {
        guard bytes.starts(with: [0xFF, 0xD8, 0xFF]) else { return }
        decode(bytes)
    }

    /// Decodes as it is, and once more with right checksums: else hardly any change would come past the first.
    static func runPNG(_ bytes: [UInt8]) {
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return }
        decode(bytes)
        decode(withRightChecksums(bytes))
    }

    /// Rewrites the checksum behind each chunk: length, type, content, checksum (PNG, section 5.3).
    private static func withRightChecksums(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var position = 8
        while position + 12 <= bytes.count {
            let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - position - 12 else { break }
            let end = position + 8 + length
            let checksum = bytes[position + 4..<end].withUnsafeBytes { CRC32.checksum(of: $0) }
            for (index, shift) in [24, 16, 8, 0].enumerated() {
                bytes[end + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(shift))
            }
            position = end + 4
        }
        return bytes
    }

    private static func decode(_ bytes: [UInt8]) {
        guard let picture = try? pipeline(bytes) else { return }
        precondition(picture.pixels.count == 24 * 16 * 3, "a picture of another size")
        precondition(picture.sourceWidth > 0 && picture.sourceHeight > 0, "a source without pixels")
    }
}
