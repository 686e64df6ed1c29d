/// Base64 with either alphabet (RFC 4648 §4 and §5).
package enum Base64 {
    /// The value of each byte as a digit; 0xFF for what is none.
    private static let digits: [UInt8] = {
        var digits = [UInt8](repeating: 0xFF, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, byte) in alphabet.utf8.enumerated() { digits[Int(byte)] = UInt8(value) }
        digits[Int(UInt8(ascii: "-"))] = 62
        digits[Int(UInt8(ascii: "_"))] = 63
        return digits
    }()

    /// The bytes that the text stands for; nil if a byte of it is no digit, or its length is impossible. Padding may be
    /// left out.
    package static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var count = text.count
        if count.isMultiple(of: 4) {
            for _ in 0..<2 where count > 0 && text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        }
        let tail = count % 4
        guard tail != 1 else { return nil }
        let whole = count - tail
        var invalid: UInt8 = 0
        let decoded = [UInt8](unsafeUninitializedCapacity: count / 4 * 3 + 2) { output, initialized in
            digits.withUnsafeBufferPointer { digits in
                func digit(_ index: Int) -> UInt32 {
                    let value = digits[Int(text[index])]
                    invalid |= value
                    return UInt32(value)
                }
                var next = 0
                var index = 0
                while index < whole {
                    let bits = digit(index) << 18 | digit(index + 1) << 12 | digit(index + 2) << 6 | digit(index + 3)
                    output[next] = UInt8(truncatingIfNeeded: bits >> 16)
                    output[next + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                    output[next + 2] = UInt8(truncatingIfNeeded: bits)
                    next += 3
                    index += 4
                }
                if tail >= 2 {
                    let third = tail == 3 ? digit(index + 2) : 0
                    let bits = digit(index) << 18 | digit(index + 1) << 12 | third << 6
                    output[next] = UInt8(truncatingIfNeeded: bits >> 16)
                    if tail == 3 { output[next + 1] = UInt8(truncatingIfNeeded: bits >> 8) }
                    next += tail - 1
                }
                initialized = next
            }
        }
        return invalid & 0xC0 == 0 ? decoded : nil
    }
}
