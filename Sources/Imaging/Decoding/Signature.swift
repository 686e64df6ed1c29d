/// What the first bytes of a body say it is.
enum Signature: Equatable {
    case jpeg
    case png
    /// A format that is known by name but not read.
    case other(String)
    case unknown

    init(_ bytes: [UInt8]) {
        self =
            Self.atStart.first { bytes.starts(with: $0.bytes) }?.signature
            ?? Self.isoMedia(bytes)
            ?? Self.riff(bytes)
            ?? Self.text(bytes)
            ?? .unknown
    }

    private static let atStart: [(bytes: [UInt8], signature: Signature)] = [
        ([0xFF, 0xD8, 0xFF], .jpeg),
        // The four bytes that follow break when a file is transferred as text; the decoder looks at them.
        ([0x89] + Array("PNG".utf8), .png),
        (Array("GIF87a".utf8), .other("GIF")),
        (Array("GIF89a".utf8), .other("GIF")),
        ([0x49, 0x49, 0x2A, 0x00], .other("TIFF")),
        ([0x4D, 0x4D, 0x00, 0x2A], .other("TIFF")),
        ([0x49, 0x49, 0x2B, 0x00], .other("BigTIFF")),
        ([0x4D, 0x4D, 0x00, 0x2B], .other("BigTIFF")),
        (Array("BM".utf8), .other("BMP")),
        ([0x00, 0x00, 0x01, 0x00], .other("ICO")),
        ([0x00, 0x00, 0x02, 0x00], .other("CUR")),
        (Array("8BPS".utf8), .other("PSD")),
        ([0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20], .other("JPEG 2000")),
        ([0xFF, 0x4F, 0xFF, 0x51], .other("JPEG 2000")),
        ([0x00, 0x00, 0x00, 0x0C, 0x4A, 0x58, 0x4C, 0x20], .other("JPEG XL")),
        ([0xFF, 0x0A], .other("JPEG XL")),
        ([0x8A] + Array("MNG".utf8), .other("MNG")),
        ([0x8B] + Array("JNG".utf8), .other("JNG")),
        ([0x76, 0x2F, 0x31, 0x01], .other("OpenEXR")),
        (Array("#?RADIANCE".utf8), .other("Radiance HDR")),
        (Array("qoif".utf8), .other("QOI")),
        (Array("DDS ".utf8), .other("DDS")),
        (Array("%PDF-".utf8), .other("PDF")),
        (Array("%!PS".utf8), .other("PostScript")),
        ([0x1A, 0x45, 0xDF, 0xA3], .other("Matroska or WebM video")),
        ([0x50, 0x4B, 0x03, 0x04], .other("a zip archive")),
        ([0x1F, 0x8B], .other("gzip-compressed data")),
    ]

    /// HEIC, AVIF and video: an ISO base media file (ISO/IEC 14496-12) names its brands in its first box.
    private static func isoMedia(_ bytes: [UInt8]) -> Signature? {
        guard bytes.count >= 12, bytes[4..<8].elementsEqual("ftyp".utf8) else { return nil }
        let brands = stride(from: 8, to: min(bytes.count - 3, 64), by: 4).map { Array(bytes[$0..<$0 + 4]) }
        func names(_ candidates: String...) -> Bool {
            candidates.contains { brands.contains(Array($0.utf8)) }
        }
        if names("avif", "avis") { return .other("AVIF") }
        if names("heic", "heix", "hevc", "hevx", "heim", "heis") { return .other("HEIC") }
        if names("mif1", "msf1") { return .other("HEIF") }
        if names("crx ") { return .other("Canon CR3") }
        return .other("MP4 or QuickTime video")
    }

    private static func riff(_ bytes: [UInt8]) -> Signature? {
        guard bytes.count >= 12, bytes.starts(with: "RIFF".utf8) else { return nil }
        if bytes[8..<12].elementsEqual("WEBP".utf8) { return .other("WebP") }
        return .other("RIFF audio or video")
    }

    private static func text(_ bytes: [UInt8]) -> Signature? {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let whitespace: [UInt8] = [0x09, 0x0A, 0x0D, 0x20]
        let start = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
        let head = bytes[start...].prefix(1024).drop { whitespace.contains($0) }
        let lowercased = head.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        func contains(_ word: String) -> Bool {
            let word = Array(word.utf8)
            return lowercased.indices.contains { lowercased[$0...].starts(with: word) }
        }
        switch lowercased.first {
        case UInt8(ascii: "<"):
            if contains("<svg") { return .other("SVG") }
            if contains("<html") || contains("<!doctype html") { return .other("an HTML page") }
            return contains("<?xml") ? .other("XML") : nil
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            return .other("JSON text")
        case UInt8(ascii: "d"):
            return lowercased.starts(with: "data:image/".utf8) ? .other("a data URL") : nil
        default:
            return nil
        }
    }
}
