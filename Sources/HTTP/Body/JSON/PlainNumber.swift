/// A number as most are written: a few digits, perhaps with a fraction and a small exponent; read eight bytes at a time.
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
        var fractionCount = 0
        /// Digits that are counted alone: what they add is lost in the error that `nearestFloat` allows for.
        var ignoredCount = 0
        if next.pointee == UInt8(ascii: ".") {
            next += 1
            let first = DigitWord(next)
            let second = DigitWord(next + 8)
            // Full words move on by a constant, so that what follows can be read before they are understood.
            if first.isFull && second.isFull {
                digits = digits &* 10_000_000_000_000_000 &+ first.allDigits &* 100_000_000 &+ second.allDigits
                fractionCount = 16
                ignoredCount = DigitWord(next + 16).count
                guard ignoredCount < 8 else { return nil }
            } else if first.isFull {
                digits = digits &* 100_000_000 &+ first.allDigits
                digits = digits &* Self.powers[second.count] &+ second.number
                fractionCount = 8 + second.count
            } else {
                digits = digits &* Self.powers[first.count] &+ first.number
                fractionCount = first.count
            }
            guard fractionCount > 0 else { return nil }
        }
        next += fractionCount + ignoredCount
        var scale = -fractionCount
        if next.pointee | 0x20 == UInt8(ascii: "e") {
            guard let exponent = Self.takeExponent(&next) else { return nil }
            scale += exponent
        }
        guard wholeCount + fractionCount <= Self.maxDigits,
            let nearest = Self.nearestFloat(digits, scale: scale, isExact: ignoredCount == 0)
        else { return nil }
        value = Float(bitPattern: nearest.bitPattern | (isNegative ? 0x8000_0000 : 0))
        length = next - text
    }

    /// Steps over an exponent, whose e stands at `next`; nil if it has not one or two digits.
    @inline(__always)
    private static func takeExponent(_ next: inout UnsafePointer<UInt8>) -> Int? {
        next += 1
        let isNegative = next.pointee == UInt8(ascii: "-")
        if isNegative || next.pointee == UInt8(ascii: "+") { next += 1 }
        guard next.pointee.isDigit else { return nil }
        var exponent = Int(next.pointee & 15)
        next += 1
        if next.pointee.isDigit {
            exponent = exponent * 10 + Int(next.pointee & 15)
            next += 1
        }
        return next.pointee.isDigit ? nil : isNegative ? -exponent : exponent
    }

    /// Digits that an `Int64` holds whatever they are.
    private static let maxDigits = 18

    /// The Float nearest to `digits · 10^scale`, or to what is less than one digit more, where it can be told.
    @inline(__always)
    private static func nearestFloat(_ digits: UInt64, scale: Int, isExact: Bool) -> Float? {
        // A Double's own error is less than three units of it here. One digit is less than 100 units if it is the
        // fifteenth.
        guard isExact || digits >= 100_000_000_000_000, (minScale...maxScale).contains(scale) else { return nil }
        let value = Double(Int64(bitPattern: digits)) * tens[scale - minScale]
        // The 29 bits that a Float has no room for must not be close to the middle between two Floats.
        let rest = value.bitPattern & 0x1FFF_FFFF
        guard rest &- (0x1000_0000 - 128) > 256 else { return nil }
        return Float(value)
    }

    private static let powers: InlineArray<8, UInt64> = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]

    /// Powers of ten that leave `maxDigits` digits neither larger than a Float can be nor, if they are no zero, smaller
    /// than a normal one.
    private static let minScale = -37
    private static let maxScale = 20
    private static let tens: InlineArray<58, Double> = [
        1e-37, 1e-36, 1e-35, 1e-34, 1e-33, 1e-32, 1e-31, 1e-30, 1e-29, 1e-28, 1e-27, 1e-26, 1e-25, 1e-24, 1e-23, 1e-22,
        1e-21, 1e-20, 1e-19, 1e-18, 1e-17, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6,
        1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
        1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    ]
}

/// Eight bytes of a text, some of which are digits.
private struct DigitWord {
    private let bits: UInt64
    /// A three for each digit, and something else for what is none.
    private let highHalves: UInt64

    private static let highHalf: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
    private static let digitsOnly: UInt64 = 0x3333_3333_3333_3333

    @inline(__always)
    init(_ text: UnsafePointer<UInt8>) {
        bits = UInt64(littleEndian: UnsafeRawPointer(text).loadUnaligned(as: UInt64.self))
        // A digit has a three as its upper half, also when six is added; a carry only comes from a byte that is none,
        // and only reaches those behind it.
        highHalves = (bits & Self.highHalf) | ((bits &+ 0x0606_0606_0606_0606) & Self.highHalf) >> 4
    }

    /// Digits from the first byte up to one that is none.
    @inline(__always)
    var count: Int { (highHalves ^ Self.digitsOnly).trailingZeroBitCount / 8 }

    @inline(__always)
    var isFull: Bool { highHalves == Self.digitsOnly }

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
        let ones = word & ~highHalf
        let pairs = (ones &* 10 &+ (ones >> 8)) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ (pairs >> 16)) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ (fours >> 32)) & 0xFFFF_FFFF
    }
}
