/// Percent-decoding (RFC 3986 §2.1).
enum PercentCoding {
    /// The decoded bytes; nil where a "%" is not followed by two hexadecimal digits.
    static func decodeStrictly(_ text: Span<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%") {
                guard let byte = escape(in: text, at: index) else { return nil }
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(text[index])
                index += 1
            }
        }
        return decoded
    }

    /// As forms are decoded: "+" is a space, and a "%" that begins no escape stands for itself.
    static func decodeForm(_ text: Span<UInt8>) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "+"): decoded.append(.space)
            case UInt8(ascii: "%"):
                if let byte = escape(in: text, at: index) {
                    decoded.append(byte)
                    index += 2
                } else {
                    decoded.append(UInt8(ascii: "%"))
                }
            case let byte: decoded.append(byte)
            }
            index += 1
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func escape(in text: Span<UInt8>, at index: Int) -> UInt8? {
        guard index + 2 < text.count,
            let high = text[index + 1].hexadecimalValue,
            let low = text[index + 2].hexadecimalValue
        else { return nil }
        return high << 4 | low
    }
}
