/// A decimal number as it stands in a text: `digits · 10^exponent`.
struct DecimalNumber {
    var isNegative = false
    var exponent = 0
    /// Modulo 2^64.
    private(set) var digits: UInt64 = 0
    /// Without the zeros that lead.
    private(set) var digitCount = 0

    /// Digits that a `UInt64` holds whatever they are.
    private static let safeDigits = 19

    /// Takes up the digits that follow, and tells how many they are.
    mutating func scan(_ next: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Int {
        let start = next
        while next < end, next.pointee.isDigit {
            digits = digits &* 10 &+ UInt64(next.pointee & 15)
            if digitCount > 0 || digits != 0 { digitCount += 1 }
            next += 1
        }
        return next - start
    }

    /// The nearest Float, where it can be told quickly: a power of ten that a Double holds exactly leaves an error of
    /// about one unit of a Double, so that only a value close to the middle between two Floats is in doubt.
    var nearestFloat: Float? {
        guard digitCount <= Self.safeDigits, (-22...22).contains(exponent) else { return nil }
        guard digits != 0 else { return isNegative ? -0.0 : 0 }
        let power = Self.powers[abs(exponent)]
        let value = exponent < 0 ? Double(digits) / power : Double(digits) * power
        // The 29 bits that a Float has no room for, and the middle between two of them.
        let rest = value.bitPattern & 0x1FFF_FFFF
        guard abs(Int64(rest) - 0x1000_0000) > 4, value >= 0x1p-126, value < 0x1p127 else { return nil }
        return Float(isNegative ? -value : value)
    }

    private static let powers: InlineArray<23, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
