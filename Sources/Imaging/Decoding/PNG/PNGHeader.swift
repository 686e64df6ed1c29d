/// The IHDR chunk (PNG, third edition, section 11.2.1).
struct PNGHeader {
    enum ColorType: UInt8 {
        case grey = 0
        case color = 2
        case palette = 3
        case greyAlpha = 4
        case colorAlpha = 6

        var channels: Int {
            switch self {
            case .grey, .palette: 1
            case .greyAlpha: 2
            case .color: 3
            case .colorAlpha: 4
            }
        }

        var allowedDepths: [UInt8] {
            switch self {
            case .grey: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .color, .greyAlpha, .colorAlpha: [8, 16]
            }
        }
    }

    static let length = 13

    let width: Int
    let height: Int
    let colorType: ColorType
    /// Bits a channel.
    let bitDepth: Int
    let isInterlaced: Bool

    init(_ body: UnsafeRawBufferPointer) throws(ImageError) {
        guard body.count == Self.length else { throw .corrupt(format: .png, reason: "its header has a wrong length") }
        let width = Int(body.bigEndianUInt32(at: 0))
        let height = Int(body.bigEndianUInt32(at: 4))
        guard width <= Int32.max, height <= Int32.max else {
            throw .corrupt(format: .png, reason: "its size of \(width) x \(height) pixels is impossible")
        }
        guard let colorType = ColorType(rawValue: body[9]), colorType.allowedDepths.contains(body[8]) else {
            throw .corrupt(format: .png, reason: "colour type \(body[9]) with \(body[8]) bits is unknown")
        }
        guard body[10] == 0, body[11] == 0, body[12] <= 1 else {
            throw .corrupt(format: .png, reason: "its compression, filter or interlace method is unknown")
        }
        self.width = width
        self.height = height
        self.colorType = colorType
        bitDepth = Int(body[8])
        isInterlaced = body[12] == 1
    }

    var bitsPerPixel: Int { colorType.channels * bitDepth }

    /// Bytes of a row of so many pixels, without its filter type.
    func rowBytes(width: Int) -> Int {
        (width * bitsPerPixel + 7) / 8
    }
}

extension UnsafeRawBufferPointer {
    /// - Parameter offset: at most `count − 4`.
    func bigEndianUInt32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
