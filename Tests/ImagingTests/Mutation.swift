import Compression

/// Steele, Lea and Flood's generator: the same numbers in every run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

enum PNGChecksums {
    /// The bytes with the checksum of each whole chunk put right; other bytes than a PNG's stay as they are.
    static func corrected(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return bytes }
        var bytes = bytes
        var offset = 8
        while offset + 12 <= bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = offset + 8 + length
            guard end + 4 <= bytes.count else { break }
            let checksum = bytes[offset + 4..<end].withUnsafeBytes { CRC32.checksum(of: $0) }
            bytes.replaceSubrange(end..<end + 4, with: withUnsafeBytes(of: checksum.bigEndian, Array.init))
            offset = end + 4
        }
        return bytes
    }
}
