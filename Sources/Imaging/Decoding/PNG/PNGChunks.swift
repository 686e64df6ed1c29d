import Compression

/// A piece of a PNG: a type of four letters and a body (PNG, third edition, section 5.3).
struct PNGChunk {
    var type: UInt32
    var body: UnsafeRawBufferPointer

    /// The number that four letters are as a type.
    static func type(_ name: StaticString) -> UInt32 {
        name.withUTF8Buffer { UnsafeRawBufferPointer($0).bigEndianUInt32(at: 0) }
    }

    static let header = type("IHDR")
    static let palette = type("PLTE")
    static let data = type("IDAT")
    static let end = type("IEND")
    static let exif = type("eXIf")

    /// The letters of the type.
    var name: String {
        String(decoding: withUnsafeBytes(of: type.bigEndian, Array.init), as: UTF8.self)
    }

    /// Whether the type consists of letters.
    var isWellFormed: Bool {
        withUnsafeBytes(of: type) { letters in
            letters.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0 & ~0x20) }
        }
    }

    /// Whether the picture cannot be read without knowing the type.
    var isCritical: Bool { type & 0x2000_0000 == 0 }
}

/// Walks over the chunks of a PNG. The bytes must outlive it.
struct PNGChunkReader {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// The longest body that the format allows.
    private static let maxLength = 0x7FFF_FFFF
    /// The length and the type in front of the body, and the checksum behind it.
    private static let headSize = 8
    private static let checksumSize = 4

    /// Where the next chunk starts.
    private(set) var offset: Int
    private let bytes: UnsafeRawBufferPointer

    /// - Parameter offset: behind the signature, or where an earlier walk found a chunk.
    init(_ bytes: UnsafeRawBufferPointer, from offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// The next chunk, its checksum unchecked.
    ///
    /// - Throws: `corrupt` if the bytes end before the chunk does.
    mutating func next() throws(ImageError) -> PNGChunk {
        let left = bytes.count - offset
        guard left >= Self.headSize + Self.checksumSize else { throw .corrupt(format: .png, reason: "it is cut short") }
        let length = Int(bytes.bigEndianUInt32(at: offset))
        guard length <= Self.maxLength else { throw .corrupt(format: .png, reason: "a chunk's length is impossible") }
        guard length <= left - Self.headSize - Self.checksumSize else {
            throw .corrupt(format: .png, reason: "it is cut short")
        }
        let start = offset + Self.headSize
        let chunk = PNGChunk(
            type: bytes.bigEndianUInt32(at: offset + 4),
            body: UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        )
        offset = start + length + Self.checksumSize
        return chunk
    }

    /// The next chunk, with its type and checksum checked.
    mutating func nextChecked() throws(ImageError) -> PNGChunk {
        let typeOffset = offset + 4
        let chunk = try next()
        guard chunk.isWellFormed else { throw .corrupt(format: .png, reason: "a chunk has no name") }
        let end = offset - Self.checksumSize
        let covered = UnsafeRawBufferPointer(rebasing: bytes[typeOffset..<end])
        guard CRC32.checksum(of: covered) == bytes.bigEndianUInt32(at: end) else {
            throw .corrupt(format: .png, reason: "the checksum of its \(chunk.name) chunk is wrong")
        }
        return chunk
    }
}
