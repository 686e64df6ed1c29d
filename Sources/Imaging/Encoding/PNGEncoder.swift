internal import Compression

/// Writes PNG files (ISO/IEC 15948).
package enum PNGEncoder {
    /// A picture of 8-bit grey; nil when there is no memory for it.
    ///
    /// - Parameters:
    ///   - width: in pixels, 1 or more; so is `height`.
    ///   - pixels: rows top first, `width · height` samples.
    package static func grey(width: Int, height: Int, pixels: [UInt8]) -> [UInt8]? {
        guard let data = Deflater.deflate(filtered(pixels, width: width), as: .zlib) else { return nil }
        let depth: UInt8 = 8
        let greyscale: UInt8 = 0
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        append("IHDR", bytes(width) + bytes(height) + [depth, greyscale, 0, 0, 0], to: &file)
        append("IDAT", data, to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// Each row as its difference from the one above, behind the number of that filter: what is smooth then packs well.
    private static func filtered(_ pixels: [UInt8], width: Int) -> [UInt8] {
        let up: UInt8 = 2
        var rows: [UInt8] = []
        rows.reserveCapacity(pixels.count + pixels.count / max(width, 1))
        for start in stride(from: 0, to: pixels.count, by: width) {
            rows.append(up)
            for index in start..<min(start + width, pixels.count) {
                rows.append(pixels[index] &- (index >= width ? pixels[index - width] : 0))
            }
        }
        return rows
    }

    private static func append(_ type: String, _ content: [UInt8], to file: inout [UInt8]) {
        let checked = Array(type.utf8) + content
        file += bytes(content.count) + checked
        file += bytes(Int(checked.withUnsafeBytes { CRC32.checksum(of: $0) }))
    }

    /// Four bytes, the most significant first.
    private static func bytes(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).bigEndian, Array.init)
    }
}
