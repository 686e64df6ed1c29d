/// The number formats of stored tensors. All are little-endian.
package enum ElementType: String, Sendable, CaseIterable {
    case float32, float16, bfloat16
    case int8, uint8, int32, int64

    /// Bytes of one element.
    package var byteCount: Int {
        switch self {
        case .int8, .uint8: 1
        case .float16, .bfloat16: 2
        case .float32, .int32: 4
        case .int64: 8
        }
    }

    package var isFloatingPoint: Bool {
        switch self {
        case .float32, .float16, .bfloat16: true
        case .int8, .uint8, .int32, .int64: false
        }
    }
}

/// Bytes that stay valid and unchanged as long as this object lives: a mapped file, or memory of our own.
package protocol ByteStorage: AnyObject, Sendable {
    var bytes: UnsafeRawBufferPointer { get }
}

/// A stored array: element type, shape (row-major, outermost first) and bytes, kept alive by their storage.
package struct Tensor: Sendable {
    package let elementType: ElementType
    package let shape: [Int]
    private let storage: any ByteStorage
    private let byteRange: Range<Int>

    /// - Precondition: `byteRange` lies inside the storage and holds exactly the shape's elements; readers of files
    ///   check this and report it as an error of the file.
    package init(elementType: ElementType, shape: [Int], storage: any ByteStorage, byteRange: Range<Int>) {
        precondition(byteRange.upperBound <= storage.bytes.count)
        precondition(byteRange.count == shape.reduce(1, *) * elementType.byteCount)
        self.elementType = elementType
        self.shape = shape
        self.storage = storage
        self.byteRange = byteRange
    }

    /// The number of elements; one for a scalar.
    package var count: Int { byteRange.count / elementType.byteCount }

    /// The raw elements, in place. They may be unaligned.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withExtendedLifetime(storage) { () throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: storage.bytes[byteRange]))
        }
    }
}

extension Tensor {
    /// All elements as Float; nil for the integer types.
    package func floats() -> [Float]? {
        withUnsafeBytes { bytes in
            switch elementType {
            case .float32:
                [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
                    UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
                    initialized = count
                }
            case .float16:
                (0..<count).map { index in
                    Float16Bits.widened(bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                }
            case .bfloat16:
                (0..<count).map { index in
                    let bits = bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
                    return Float(bitPattern: UInt32(bits) << 16)
                }
            case .int8, .uint8, .int32, .int64: nil
            }
        }
    }
}

extension Tensor {
    /// All 8-bit signed integers as Float; nil for the other types.
    func int8Numbers() -> [Float]? {
        guard elementType == .int8 else { return nil }
        return withUnsafeBytes { bytes in bytes.map { Float(Int8(bitPattern: $0)) } }
    }
}

/// IEEE 754 binary16 as bits, for machines and compilers without the type.
enum Float16Bits {
    /// The exact Float value of a binary16 number.
    static func widened(_ half: UInt16) -> Float {
        let sign = UInt32(half & 0x8000) << 16
        let exponent = UInt32(half >> 10) & 0x1f
        let fraction = UInt32(half & 0x3ff)
        switch exponent {
        case 0:
            let magnitude = Float(fraction) * 0x1p-24
            return Float(bitPattern: magnitude.bitPattern | sign)
        case 0x1f:
            return Float(bitPattern: sign | 0x7f80_0000 | (fraction << 13))
        default:
            return Float(bitPattern: sign | ((exponent + 112) << 23) | (fraction << 13))
        }
    }
}
