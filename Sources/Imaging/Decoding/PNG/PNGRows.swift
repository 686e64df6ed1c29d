/// The rows of a picture or of one pass, one after the other, with the filters undone.
struct PNGRows: ~Copyable {
    /// Zeros before a row, so that what lies to the left of its first pixel can be read.
    private static let margin = 16

    private let rowBytes: Int
    /// Bytes from a byte to the one that the filters call its left neighbour.
    private let step: Int
    /// Two rows of a margin, whose last byte takes the filter type, and the row's bytes.
    private let lines: OwnedBuffer<UInt8>
    private var isOdd = false

    init(_ header: PNGHeader, width: Int) {
        rowBytes = header.rowBytes(width: width)
        step = max(header.bitsPerPixel / 8, 1)
        lines = OwnedBuffer(count: 2 * (Self.margin + rowBytes), filledWith: 0)
    }

    /// The next row; valid until the one after it is asked for.
    mutating func next(_ data: inout PNGDataStream) throws(ImageError) -> UnsafePointer<UInt8> {
        let lineBytes = Self.margin + rowBytes
        let previous = lines.base + (isOdd ? 0 : lineBytes) + Self.margin
        let current = lines.base + (isOdd ? lineBytes : 0) + Self.margin
        isOdd.toggle()
        try data.read(into: UnsafeMutableRawBufferPointer(start: current - 1, count: rowBytes + 1))
        let code = current[-1]
        current[-1] = 0
        guard let filter = PNGFilter(rawValue: code) else {
            throw .corrupt(format: .png, reason: "row filter \(code) is unknown")
        }
        filter.undo(current, above: previous, count: rowBytes, step: step)
        return UnsafePointer(current)
    }

    /// Passes over a row. Only other rows may be skipped after it.
    mutating func skip(_ data: inout PNGDataStream) throws(ImageError) {
        try data.read(into: UnsafeMutableRawBufferPointer(start: lines.base, count: rowBytes + 1))
    }
}

/// How a row was changed before it was compressed (PNG, third edition, section 9.2).
enum PNGFilter: UInt8 {
    case none, sub, up, average, paeth

    /// Puts a row's bytes back in place.
    ///
    /// - Parameters:
    ///   - row: `count` bytes with at least `step` zeros in front; so is `above`, the finished row before.
    func undo(_ row: UnsafeMutablePointer<UInt8>, above: UnsafePointer<UInt8>, count: Int, step: Int) {
        switch self {
        case .none:
            break
        case .sub:
            for index in 0..<count { row[index] &+= row[index - step] }
        case .up:
            for index in 0..<count { row[index] &+= above[index] }
        case .average:
            for index in 0..<count {
                row[index] &+= UInt8(truncatingIfNeeded: (Int(row[index - step]) + Int(above[index])) >> 1)
            }
        case .paeth:
            for index in 0..<count {
                let left = Int(row[index - step])
                let up = Int(above[index])
                let corner = Int(above[index - step])
                let leftDistance = abs(up - corner)
                let upDistance = abs(left - corner)
                let cornerDistance = abs(left + up - 2 * corner)
                let nearest =
                    leftDistance <= upDistance && leftDistance <= cornerDistance
                    ? left
                    : upDistance <= cornerDistance ? up : corner
                row[index] &+= UInt8(truncatingIfNeeded: nearest)
            }
        }
    }
}
