import ModelGraph
import TestSupport
import Testing

enum HalfPrecision {
    /// The tensor's numbers rounded to a 16-bit format.
    static func rounded(_ tensor: Tensor, to type: ElementType) throws -> Tensor {
        let bits = try #require(tensor.floats()).map { value -> UInt16 in
            type == .float16 ? Float16Rounding.bits(value) : UInt16((value.bitPattern &+ 0x8000) >> 16)
        }
        let storage = bits.withUnsafeBytes { MemoryStorage($0) }
        return Tensor(elementType: type, shape: tensor.shape, storage: storage, byteRange: 0..<storage.bytes.count)
    }
}

/// Rounding to IEEE binary16 without the type.
enum Float16Rounding {
    /// The nearest binary16 of a number within its range.
    static func bits(_ value: Float) -> UInt16 {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        let magnitude = abs(value)
        if magnitude < 0x1p-14 { return sign | UInt16((magnitude * 0x1p24).rounded()) }
        let exponent = Int(magnitude.exponent)
        let fraction = ((magnitude / Float(sign: .plus, exponent: exponent, significand: 1) - 1) * 1024).rounded()
        return sign | UInt16((exponent + 15) * 1024 + Int(fraction))
    }
}
