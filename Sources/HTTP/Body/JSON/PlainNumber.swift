/// A number as most are written: up to seven digits, perhaps with a fraction, without an exponent; read eight bytes at a
/// time.
struct PlainNumber {
    let value: Float
    /// Bytes of its text.
    let length: Int

    /// Bytes that must be readable from a number's begin on.
    static let reach = 40

    /// Nil for a number that must be read with more care, or is none.
    ///
    /// - Parameter text: `reach` bytes at least.
    @inline(__always)
    init?(_ text: UnsafePointer<UInt8>) {
        let isNegative = text.pointee == UInt8(ascii: "-")
        var next = text + (isNegative ? 1 : 0)
        // Most have one digit before the point.
        var digits = UInt64(next.pointee & 15)
        var wholeCount = 1
        if next[1] != UInt8(ascii: ".") || !next.pointee.isDigit {
            let whole = DigitWord(next)
            guard whole.count == 1 || (2...7).contains(whole.count) && next.pointee != UInt8(ascii: "0") else {
                return nil
            }
            digits = whole.number
            wholeCount = whole.count
        }
        next += wholeCount
        if digits == 0 { wholeCount = 0 }
        var fractionCount = 0
        if next.pointee == UInt8(ascii: ".") {
            next += 1
            let fraction = next
            var word = DigitWord(next)
            // Full words move on by a constant, so that the next one can be read before this one is understood.
            while word.count == 8 {
                guard next - fraction < 16 else { return nil }
                digits = digits &* 100_000_000 &+ word.allDigits
                next += 8
                word = DigitWord(next)
            }
            digits = digits &* Self.powers[word.count] &+ word.number
            next += word.count
            fractionCount = next - fraction
            guard fractionCount > 0 else { return nil }
        }
        guard wholeCount + fractionCount <= DecimalNumber.safeDigits, next.pointee | 0x20 != UInt8(ascii: "e"),
            let nearest = DecimalNumber.nearestFloat(digits, exponent: -fractionCount)
        else { return nil }
        value = Float(bitPattern: nearest.bitPattern | (isNegative ? 0x8000_0000 : 0))
        length = next - text
    }

    private static let powers: InlineArray<8, UInt64> = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]
}

/// Eight bytes of a text, some of which are digits.
private struct DigitWord {
    private let bits: UInt64
    /// Digits from the first byte up to one that is none.
    let count: Int

    private static let highHalves: UInt64 = 0xF0F0_F0F0_F0F0_F0F0

    @inline(__always)
    init(_ text: UnsafePointer<UInt8>) {
        bits = UInt64(littleEndian: UnsafeRawPointer(text).loadUnaligned(as: UInt64.self))
        // A digit has a three as its upper half, also when six is added; a carry only comes from a byte that is none,
        // and only reaches those behind it.
        let halves = (bits & Self.highHalves) | ((bits &+ 0x0606_0606_0606_0606) & Self.highHalves) >> 4
        count = (halves ^ 0x3333_3333_3333_3333).trailingZeroBitCount / 8
    }

    /// What eight digits stand for.
    @inline(__always)
    var allDigits: UInt64 { Self.joined(bits) }

    /// What the digits stand for, where they are less than eight: what follows them is shifted out, and zeros come in
    /// before them.
    @inline(__always)
    var number: UInt64 { Self.joined((bits &<< UInt64(56 - 8 * count)) &<< 8) }

    /// Joins bytes to pairs, pairs to fours, and fours to the eight.
    @inline(__always)
    private static func joined(_ word: UInt64) -> UInt64 {
        let ones = word & ~highHalves
        let pairs = (ones &* 10 &+ (ones >> 8)) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ (pairs >> 16)) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ (fours >> 32)) & 0xFFFF_FFFF
    }
}
