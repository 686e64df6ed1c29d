import HTTPTypes

extension JSONReader {
    /// A string without its quotes, escapes undone.
    ///
    /// - Parameter limit: bytes of it in the text; a longer one is refused.
    package mutating func readString(limit: Int = 64 * 1024) throws(Rejection) -> String {
        let (content, hasEscapes) = try scanString()
        guard content.count <= limit else { throw broken("a string is longer than \(limit) bytes") }
        guard hasEscapes else {
            guard let text = String(validating: bytes[content], as: UTF8.self) else {
                throw broken("a string is no UTF-8")
            }
            return text
        }
        guard let text = String(validating: try unescaped(content), as: UTF8.self) else {
            throw broken("a string is no UTF-8")
        }
        return text
    }

    /// The bytes that a string holds in base64 (RFC 4648 §4 or §5, with or without padding).
    package mutating func readBase64() throws(Rejection) -> [UInt8] {
        let (content, hasEscapes) = try scanString()
        let decoded =
            hasEscapes
            ? try unescaped(content).withUnsafeBufferPointer { Base64.decode($0) }
            : Base64.decode(UnsafeBufferPointer(rebasing: bytes[content]))
        guard let decoded else {
            throw Rejection(.badRequest, "The string that ends at byte \(position) of the JSON is no base64.")
        }
        return decoded
    }

    /// Steps over a string; tells where its content is, and whether a backslash is in it.
    mutating func scanString() throws(Rejection) -> (content: Range<Int>, hasEscapes: Bool) {
        guard try nextByte() == UInt8(ascii: "\"") else { throw broken("a string is expected") }
        let start = position + 1
        var end = start
        var hasEscapes = false
        while true {
            guard end < bytes.count else { throw broken("a string does not end") }
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= .space else { throw broken("a control character stands in a string") }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                end += 1
            }
            end += 1
        }
        position = end + 1
        return (start..<end, hasEscapes)
    }

    /// The content of a string with its escapes undone (RFC 8259 §7).
    private func unescaped(_ content: Range<Int>) throws(Rejection) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var index = content.lowerBound
        while index < content.upperBound {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            // A backslash is never a string's last byte: the scan would have gone on.
            let escape = bytes[index]
            index += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(.lineFeed)
            case UInt8(ascii: "r"): text.append(.carriageReturn)
            case UInt8(ascii: "t"): text.append(.tab)
            case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar(&index, end: content.upperBound)).utf8)
            default: throw broken("a string has an escape that JSON does not know")
            }
        }
        return text
    }

    /// The character of `\uXXXX`, or of two of them that are a surrogate pair.
    private func scalar(_ index: inout Int, end: Int) throws(Rejection) -> Unicode.Scalar {
        let first = try hexadecimal(&index, end: end)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard 0xD800..<0xDC00 ~= first, index + 1 < end,
            bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        else { throw broken("half of a surrogate pair stands in a string") }
        index += 2
        let second = try hexadecimal(&index, end: end)
        guard 0xDC00..<0xE000 ~= second,
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw broken("half of a surrogate pair stands in a string") }
        return scalar
    }

    private func hexadecimal(_ index: inout Int, end: Int) throws(Rejection) -> UInt32 {
        guard index + 4 <= end else { throw broken("an escape is cut short") }
        var value: UInt32 = 0
        for byte in bytes[index..<(index + 4)] {
            guard let digit = byte.hexadecimalValue else { throw broken("an escape has no four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }
}
