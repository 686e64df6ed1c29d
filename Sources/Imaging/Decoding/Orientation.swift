/// How a stored picture has to be turned to stand upright; the raw values are those of Exif's Orientation tag.
enum Orientation: UInt16, CaseIterable {
    case upright = 1
    case mirrored, halfTurn, flipped, transposed, quarterTurn, transversed, threeQuarterTurn

    /// Whether the stored rows are the upright picture's columns.
    var swapsAxes: Bool { rawValue >= 5 }

    /// Whether the upright picture's left is the end of the stored axis that it comes from.
    var mirrorsHorizontally: Bool {
        switch self {
        case .mirrored, .halfTurn, .quarterTurn, .transversed: true
        case .upright, .flipped, .transposed, .threeQuarterTurn: false
        }
    }

    /// Whether the upright picture's top is the end of the stored axis that it comes from.
    var mirrorsVertically: Bool {
        switch self {
        case .halfTurn, .flipped, .transversed, .threeQuarterTurn: true
        case .upright, .mirrored, .transposed, .quarterTurn: false
        }
    }
}

extension Orientation {
    /// Reads the tag from the first directory of an Exif block, which is a TIFF structure of either byte order. What
    /// cannot be read leaves the picture as it is stored.
    init(exif: UnsafeRawBufferPointer) {
        self = TIFFDirectory(exif)?.value(of: 0x0112).flatMap(Orientation.init(rawValue:)) ?? .upright
    }
}

/// The first directory of a TIFF structure (TIFF 6.0, section 2).
private struct TIFFDirectory {
    private static let entrySize = 12

    private let bytes: UnsafeRawBufferPointer
    private let isLittleEndian: Bool
    private var entries = 0..<0

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 8 else { return nil }
        switch (bytes[0], bytes[1]) {
        case (0x49, 0x49): isLittleEndian = true
        case (0x4D, 0x4D): isLittleEndian = false
        default: return nil
        }
        self.bytes = bytes
        guard short(at: 2) == 42, let start = long(at: 4).map(Int.init), let count = short(at: start) else {
            return nil
        }
        entries = start + 2..<start + 2 + Int(count) * Self.entrySize
    }

    /// The value of a tag that holds one whole number of at most 16 bits.
    func value(of tag: UInt16) -> UInt16? {
        for entry in stride(from: entries.lowerBound, to: entries.upperBound, by: Self.entrySize) {
            guard let found = short(at: entry) else { return nil }
            guard found == tag else { continue }
            guard let type = short(at: entry + 2), long(at: entry + 4) == 1 else { return nil }
            switch type {
            case 1: return byte(at: entry + 8).map(UInt16.init)
            case 3: return short(at: entry + 8)
            case 4: return long(at: entry + 8).flatMap(UInt16.init(exactly:))
            default: return nil
            }
        }
        return nil
    }

    private func byte(at offset: Int) -> UInt8? {
        bytes.indices.contains(offset) ? bytes[offset] : nil
    }

    private func short(at offset: Int) -> UInt16? {
        guard let first = byte(at: offset), let second = byte(at: offset + 1) else { return nil }
        return isLittleEndian ? UInt16(second) << 8 | UInt16(first) : UInt16(first) << 8 | UInt16(second)
    }

    private func long(at offset: Int) -> UInt32? {
        guard let first = short(at: offset), let second = short(at: offset + 2) else { return nil }
        return isLittleEndian ? UInt32(second) << 16 | UInt32(first) : UInt32(first) << 16 | UInt32(second)
    }
}
