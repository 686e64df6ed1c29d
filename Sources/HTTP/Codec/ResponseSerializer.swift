import HTTPTypes

/// Writes status line and fields (RFC 9112 §4). Framing and connection are the server's to say: a handler's own fields
/// of these names are left out, so that no answer can be framed wrongly. Bytes that could end a field early become
/// spaces.
package struct ResponseSerializer: Sendable {
    /// The value of the Server field; none is sent when empty.
    package var serverName: String

    package init(serverName: String) {
        self.serverName = serverName
    }

    /// The interim answer that asks for the body (RFC 9110 §15.2.1).
    package static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Appends the head of `answer`.
    /// - Parameter date: the Date field's value.
    /// - Returns: whether the response's body follows.
    package func appendHead(of answer: Answer, date: [UInt8], to bytes: inout [UInt8]) -> Bool {
        let response = answer.response
        let status = response.status
        bytes.reserveCapacity(bytes.count + 256)
        bytes.append(contentsOf: "HTTP/1.1 ")
        bytes.append(contentsOf: String(status.code).utf8)
        bytes.append(.space)
        appendSafely(status.reasonPhrase.utf8, to: &bytes)
        bytes.append(contentsOf: "\r\nDate: ")
        bytes.append(contentsOf: date)
        bytes.append(contentsOf: "\r\n")
        if !serverName.isEmpty {
            bytes.append(contentsOf: "Server: ")
            appendSafely(serverName.utf8, to: &bytes)
            bytes.append(contentsOf: "\r\n")
        }
        for field in response.fields where !Self.isOwn(field.name) {
            bytes.append(contentsOf: field.name.rawName.utf8)
            bytes.append(contentsOf: ": ")
            field.withUnsafeBytesOfValue { appendSafely($0, to: &bytes) }
            bytes.append(contentsOf: "\r\n")
        }
        switch answer.persistence {
        case .keepAlive: break
        case .announcedKeepAlive: bytes.append(contentsOf: "Connection: keep-alive\r\n")
        case .close: bytes.append(contentsOf: "Connection: close\r\n")
        }
        // RFC 9110 §8.6: never with 204; §15.4.5: 304 has no content to count.
        let allowsContent = status != .noContent && status != .notModified
        if allowsContent {
            bytes.append(contentsOf: "Content-Length: ")
            bytes.append(contentsOf: String(response.body.count).utf8)
            bytes.append(contentsOf: "\r\n")
        }
        bytes.append(contentsOf: "\r\n")
        return allowsContent && !answer.omitsBody && !response.body.isEmpty
    }

    private static func isOwn(_ name: HTTPField.Name) -> Bool {
        switch name.canonicalName {
        case "date", "server", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade": true
        default: false
        }
    }

    private func appendSafely(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        for byte in text { bytes.append(byte.isFieldContent ? byte : .space) }
    }
}
