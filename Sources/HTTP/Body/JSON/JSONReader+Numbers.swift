import Glibc

extension JSONReader {
    /// Appends the numbers of an array, and of the arrays in it, in their order.
    ///
    /// - Parameter limit: numbers in `values` at most; more are refused.
    package mutating func readFloats(into values: inout [Float], limit: Int) throws(Rejection) {
        try beginArray()
        while try nextElement() {
            if try nextByte() == UInt8(ascii: "[") {
                try readFloats(into: &values, limit: limit)
            } else {
                try readRow(into: &values, limit: limit)
            }
        }
    }

    /// Reads numbers and commas, up to what is neither. The first number stands at `position`.
    private mutating func readRow(into values: inout [Float], limit: Int) throws(Rejection) {
        while true {
            guard values.count < limit else { throw broken("there are more than the \(limit) numbers that fit") }
            values.append(try readFloat())
            // The next comma must be left to `nextElement` unless a number follows it.
            var next = position
            guard next < bytes.count, bytes[next] == UInt8(ascii: ",") else { return }
            next += 1
            while next < bytes.count, bytes[next].isJSONSpace { next += 1 }
            guard next < bytes.count, bytes[next].isDigit || bytes[next] == UInt8(ascii: "-") else { return }
            position = next
        }
    }

    /// A number as the nearest Float.
    package mutating func readFloat() throws(Rejection) -> Float {
        guard try peek() == .number else { throw broken("a number is expected") }
        let start = position
        let number = try scanNumber()
        if let value = number.nearestFloat { return value }
        // The C library wants a zero behind the text.
        guard position - start <= Self.maxNumberBytes else { throw broken("a number is too long") }
        let text = bytes[start..<position].map { CChar(bitPattern: $0) } + [0]
        let value = strtof(text, nil)
        guard value.isFinite else { throw broken("a number is larger than a Float can be") }
        return value
    }

    mutating func skipNumber() throws(Rejection) {
        _ = try scanNumber()
    }

    private static let maxNumberBytes = 1024

    /// Steps over a number (RFC 8259 §6) and takes up its digits.
    private mutating func scanNumber() throws(Rejection) -> DecimalNumber {
        guard let base = bytes.baseAddress else { throw broken("a number is expected") }
        let end = base + bytes.count
        var next = base + position
        var number = DecimalNumber()
        if next < end, next.pointee == UInt8(ascii: "-") {
            number.isNegative = true
            next += 1
        }
        let whole = next
        number.scan(&next, end: end)
        guard next > whole, whole.pointee != UInt8(ascii: "0") || next == whole + 1 else {
            throw broken("a number begins wrongly")
        }
        if next < end, next.pointee == UInt8(ascii: ".") {
            next += 1
            let fraction = next
            number.scan(&next, end: end)
            guard next > fraction else { throw broken("a number ends with its point") }
            number.exponent -= next - fraction
        }
        if next < end, next.pointee | 0x20 == UInt8(ascii: "e") {
            next += 1
            number.exponent += try exponent(&next, end: end)
        }
        position = next - base
        return number
    }

    /// Reads what stands behind the e; so large a number that nothing is left of it is as good as the right one.
    private func exponent(_ next: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) throws(Rejection) -> Int {
        var isNegative = false
        if next < end, next.pointee == UInt8(ascii: "-") || next.pointee == UInt8(ascii: "+") {
            isNegative = next.pointee == UInt8(ascii: "-")
            next += 1
        }
        let digits = next
        var exponent = 0
        while next < end, next.pointee.isDigit {
            exponent = min(exponent * 10 + Int(next.pointee & 15), 100_000)
            next += 1
        }
        guard next > digits else { throw broken("a number ends with its e") }
        return isNegative ? -exponent : exponent
    }
}

/// A decimal number as it stands in a text: `digits · 10^exponent`.
private struct DecimalNumber {
    var isNegative = false
    var digits: UInt64 = 0
    var digitCount = 0
    var exponent = 0

    /// Takes up the digits that follow, eight at a time where there are so many. Zeros in front of all others are only
    /// stepped over.
    @inline(__always)
    mutating func scan(_ next: inout UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) {
        if digits == 0 {
            while next < end, next.pointee == UInt8(ascii: "0") { next += 1 }
        }
        let start = next
        while end - next >= 8, let value = Self.eightDigits(UnsafeRawPointer(next)) {
            digits = digits &* 100_000_000 &+ value
            next += 8
        }
        while next < end, next.pointee.isDigit {
            digits = digits &* 10 &+ UInt64(next.pointee & 15)
            next += 1
        }
        digitCount += next - start
    }

    /// The number that eight bytes stand for; nil if one of them is no digit. All are looked at and joined at once: bytes
    /// to pairs, pairs to fours, fours to the eight.
    @inline(__always)
    private static func eightDigits(_ text: UnsafeRawPointer) -> UInt64? {
        let word = UInt64(littleEndian: text.loadUnaligned(as: UInt64.self))
        let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
        // A digit has a three as its upper half, also when six is added.
        guard word & high == 0x3030_3030_3030_3030, (word &+ 0x0606_0606_0606_0606) & high == 0x3030_3030_3030_3030
        else { return nil }
        let ones = word & ~high
        let pairs = (ones &* 10 &+ (ones >> 8)) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ (pairs >> 16)) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ (fours >> 32)) & 0xFFFF_FFFF
    }

    /// The nearest Float, where it can be told quickly: at most 19 digits and a power of ten that a Double holds exactly
    /// leave an error of about one unit of a Double, so that only a value close to the middle between two Floats is in
    /// doubt.
    var nearestFloat: Float? {
        guard digitCount <= 19 else { return nil }
        guard digits != 0 else { return isNegative ? -0.0 : 0 }
        guard (-22...22).contains(exponent) else { return nil }
        let power = Self.powers[abs(exponent)]
        let value = exponent < 0 ? Double(digits) / power : Double(digits) * power
        // The 29 bits that a Float has no room for, and the middle between two of them.
        let rest = value.bitPattern & 0x1FFF_FFFF
        guard abs(Int64(rest) - 0x1000_0000) > 4, value >= 0x1p-126, value < 0x1p127 else { return nil }
        return Float(isNegative ? -value : value)
    }

    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
