import HTTPTypes

/// `field-name ":" OWS field-value OWS` (RFC 9112 §5), without any of the leniences that lead to request smuggling.
enum FieldLine {
    /// - Parameter line: one line without its end.
    static func parse(_ line: Span<UInt8>) throws(Rejection) -> HTTPField {
        guard line.count > 0, !line[0].isWhitespace else {
            throw Rejection(.badRequest, "A field line must not begin with white space (obsolete line folding).")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw Rejection(.badRequest, "A field line has no colon.")
        }
        let name = line.extracting(..<colon)
        guard let fieldName = HTTPField.Name(name.repairedString) else {
            throw Rejection(
                .badRequest,
                "A field name is empty or holds a character that is no token, such as a space."
            )
        }
        var start = colon + 1
        var end = line.count
        while start < end && line[start].isWhitespace { start += 1 }
        while end > start && line[end - 1].isWhitespace { end -= 1 }
        let value = line.extracting(start..<end)
        guard value.allSatisfy(\.isFieldContent) else {
            throw Rejection(.badRequest, "The value of the field \(fieldName.canonicalName) holds a control character.")
        }
        return value.withUnsafeBufferPointer { bytes in
            // Text is taken over faster than bytes of any kind.
            value.isASCII
                ? HTTPField(name: fieldName, value: String(decoding: bytes, as: UTF8.self))
                : HTTPField(name: fieldName, value: bytes)
        }
    }
}
