import HTTPTypes

/// A `multipart/form-data` body, taken apart (RFC 7578, RFC 2046 §5.1). Parts are ranges of the body: nothing is copied.
package struct MultipartForm: Sendable, Equatable {
    package struct Part: Sendable, Equatable {
        package var name: String
        /// Nil for a field that is no file.
        package var fileName: String?
        /// In lower case, without parameters.
        package var contentType: String?
        /// Where its bytes are in the body.
        package var content: Range<Int>
    }

    package var parts: [Part]

    /// Bytes of one part's fields.
    private static let maxFieldBytes = 8 * 1024

    /// - Parameters:
    ///   - contentType: the request's, with its `boundary`.
    ///   - maxParts: more are refused.
    /// - Throws: 400 for a body that breaks the format, 413 for too many parts.
    package init(_ body: [UInt8], contentType: String, maxParts: Int) throws(Rejection) {
        guard let boundary = FieldParameters(contentType)["boundary"], (1...70).contains(boundary.utf8.count) else {
            throw Self.broken("its Content-Type names no boundary of 1 to 70 characters")
        }
        let delimiter = Array("\r\n--\(boundary)".utf8)
        let bytes = body.span
        parts = []
        // The first delimiter may stand at the very beginning, without its line break.
        let isFirstLine = bytes.count >= delimiter.count - 2 && body.starts(with: delimiter.dropFirst(2))
        guard var position = isFirstLine ? delimiter.count - 2 : bytes.end(of: delimiter, from: 0) else {
            throw Self.broken("its boundary is not found")
        }
        while true {
            guard let isLast = Self.finishDelimiter(bytes, &position) else {
                throw Self.broken("a line with its boundary goes on behind it")
            }
            if isLast { return }
            guard parts.count < maxParts else {
                throw Rejection(.contentTooLarge, "The form has more than \(maxParts) parts; send fewer at a time.")
            }
            var part = try Self.fields(bytes, &position)
            guard let end = bytes.end(of: delimiter, from: position - 2) else {
                throw Self.broken("it is cut short")
            }
            part.content = position..<max(position, end - delimiter.count)
            parts.append(part)
            position = end
        }
    }

    /// Steps over what follows a delimiter; true behind the form's last one, nil if it is no delimiter's end.
    private static func finishDelimiter(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool? {
        let dash = UInt8(ascii: "-")
        if position + 1 < bytes.count, bytes[position] == dash, bytes[position + 1] == dash { return true }
        while position < bytes.count, bytes[position] == .space || bytes[position] == .tab { position += 1 }
        guard position + 1 < bytes.count, bytes[position] == .carriageReturn, bytes[position + 1] == .lineFeed else {
            return nil
        }
        position += 2
        return false
    }

    /// Reads a part's fields and the blank line behind them.
    private static func fields(_ bytes: Span<UInt8>, _ position: inout Int) throws(Rejection) -> Part {
        var part = Part(name: "", content: position..<position)
        let limit = min(bytes.count, position + maxFieldBytes)
        while true {
            guard let end = bytes.firstIndex(of: .lineFeed, from: position), end < limit, end > position,
                bytes[end - 1] == .carriageReturn
            else { throw broken("the fields of a part do not end, or are longer than \(maxFieldBytes) bytes") }
            let line = bytes.extracting(position..<(end - 1))
            position = end + 1
            if line.isEmpty { return part }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw broken("a field has no colon") }
            let value = line.extracting((colon + 1)...).repairedString
            let name = line.extracting(..<colon)
            if name.equalsIgnoringCase("content-disposition") {
                let parameters = FieldParameters(value)
                part.name = parameters["name"] ?? ""
                part.fileName = parameters["filename"] ?? parameters["filename*"]
            } else if name.equalsIgnoringCase("content-type") {
                part.contentType = FieldParameters(value).value
            }
        }
    }

    private static func broken(_ reason: String) -> Rejection {
        Rejection(.badRequest, "The multipart body is broken: \(reason). Send it as curl -F image=@photo.jpg does.")
    }
}

extension Span where Element == UInt8 {
    /// Where the first `pattern` at or after `start` ends. The pattern begins with a byte that does not repeat in it.
    fileprivate func end(of pattern: [UInt8], from start: Int) -> Int? {
        guard let first = pattern.first else { return start }
        var place = start
        while let found = firstIndex(of: first, from: place), found + pattern.count <= count {
            if extracting(found..<(found + pattern.count)).equals(pattern) { return found + pattern.count }
            place = found + 1
        }
        return nil
    }

    private func equals(_ other: [UInt8]) -> Bool {
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
