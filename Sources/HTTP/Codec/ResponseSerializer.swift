import HTTPTypes

/// Writes status line and fields (RFC 9112 §4). Framing, connection and the request's name are the server's to say: a
/// handler's own fields of these names are left out, so that no answer can be framed wrongly. Bytes that could end a field
/// early become spaces.
package struct ResponseSerializer: Sendable {
    /// The Server field with its line's end, and the end of the line before it.
    private let serverField: [UInt8]

    /// - Parameter serverName: the value of the Server field; none is sent when empty.
    package init(serverName: String) {
        var field: [UInt8] = []
        field.append(contentsOf: "\r\n")
        if !serverName.isEmpty {
            field.append(contentsOf: "Server: ")
            field.appendSafely(serverName)
            field.append(contentsOf: "\r\n")
        }
        serverField = field
    }

    /// The interim answer that asks for the body (RFC 9110 §15.2.1).
    package static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Appends the head of `answer`.
    /// - Parameter date: the Date field's value.
    /// - Returns: whether the response's body follows.
    package func appendHead(of answer: borrowing Answer, date: [UInt8], to bytes: inout [UInt8]) -> Bool {
        let status = answer.response.status
        bytes.reserveCapacity(bytes.count + 512)
        bytes.append(contentsOf: "HTTP/1.1 ")
        bytes.appendDecimal(status.code)
        bytes.append(.space)
        bytes.appendSafely(status.reasonPhrase)
        bytes.append(contentsOf: "\r\nDate: ")
        bytes.append(contentsOf: date)
        bytes.append(contentsOf: serverField)
        for field in answer.response.fields where !Self.isOwn(field.name) {
            bytes.append(contentsOf: field.name.rawName.utf8.span)
            bytes.append(contentsOf: ": ")
            field.withUnsafeBytesOfValue { bytes.appendSafely($0.span) }
            bytes.append(contentsOf: "\r\n")
        }
        if !answer.requestID.isEmpty { Self.appendIdentity(of: answer, to: &bytes) }
        switch answer.persistence {
        case .keepAlive: break
        case .announcedKeepAlive: bytes.append(contentsOf: "Connection: keep-alive\r\n")
        case .close: bytes.append(contentsOf: "Connection: close\r\n")
        }
        // RFC 9110 §8.6: never with 204; §15.4.5: 304 has no content to count.
        let allowsContent = status.code != 204 && status.code != 304
        if allowsContent {
            bytes.append(contentsOf: "Content-Length: ")
            bytes.appendDecimal(answer.response.body.count)
            bytes.append(contentsOf: "\r\n")
        }
        bytes.append(contentsOf: "\r\n")
        return allowsContent && !answer.omitsBody && !answer.response.body.isEmpty
    }

    /// Says the request's name and, where nobody said anything of its times, how long all took (W3C Server Timing).
    private static func appendIdentity(of answer: borrowing Answer, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "X-Request-Id: ")
        bytes.appendSafely(answer.requestID)
        bytes.append(contentsOf: "\r\n")
        guard !answer.response.fields.contains(where: { $0.name.canonicalName == "server-timing" }) else { return }
        bytes.append(contentsOf: "Server-Timing: total;dur=")
        bytes.appendSafely(Milliseconds(answer.elapsed).description)
        bytes.append(contentsOf: "\r\n")
    }

    private static func isOwn(_ name: HTTPField.Name) -> Bool {
        let text = name.canonicalName
        return own.contains { $0.utf8.count == text.utf8.count && $0 == text }
    }

    private static let own = [
        "date", "server", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade",
        "x-request-id",
    ]
}

extension [UInt8] {
    fileprivate mutating func appendSafely(_ text: String) {
        appendSafely(text.utf8.span)
    }

    fileprivate mutating func appendSafely(_ text: Span<UInt8>) {
        let start = count
        append(contentsOf: text)
        withUnsafeMutableBufferPointer { bytes in
            for index in start..<bytes.count {
                let byte = bytes[index]
                bytes[index] = byte.isFieldContent ? byte : .space
            }
        }
    }

    /// - Parameter number: not negative.
    fileprivate mutating func appendDecimal(_ number: Int) {
        if number >= 10 { appendDecimal(number / 10) }
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }
}
