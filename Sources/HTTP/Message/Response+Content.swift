package import HTTPTypes

extension Response {
    /// An answer of plain UTF-8 text.
    package static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// An answer of JSON that is already encoded.
    package static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, contentType: "application/json", body: bytes)
    }

    /// An error in words for people and programs alike (RFC 9457).
    /// - Parameters:
    ///   - title: the kind of the problem; the status's reason phrase when nil.
    ///   - detail: this occurrence of it: the cause, and the remedy if there is one.
    package static func problem(
        status: HTTPResponse.Status,
        title: String? = nil,
        detail: String
    ) -> Response {
        var json: [UInt8] = []
        json.append(contentsOf: #"{"type":"about:blank","title":"#)
        json.appendJSONString(title ?? status.reasonPhrase)
        json.append(contentsOf: #","status":"#)
        json.append(contentsOf: String(status.code).utf8)
        json.append(contentsOf: #","detail":"#)
        json.appendJSONString(detail)
        json.append(contentsOf: "}\n")
        return Response(status: status, contentType: "application/problem+json", body: json)
    }

    private init(status: HTTPResponse.Status, contentType: String, body: [UInt8]) {
        self.init(status: status, fields: [.contentType: contentType], body: body)
    }
}

extension Response {
    init(_ rejection: Rejection) {
        self = .problem(status: rejection.status, detail: rejection.reason)
    }
}

extension [UInt8] {
    /// Appends `text` as a JSON string with its quotes (RFC 8259 §7).
    package mutating func appendJSONString(_ text: String) {
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for (index, byte) in bytes.enumerated() where Self.needsEscape(byte) {
                append(contentsOf: bytes[start..<index])
                appendJSONEscape(byte)
                start = index + 1
            }
            append(contentsOf: bytes[start...])
        }
        append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendJSONEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): append(UInt8(ascii: "t"))
        case 0..<0x20:
            let digits = StaticString("0123456789abcdef")
            append(contentsOf: "u00")
            digits.withUTF8Buffer { digits in
                append(digits[Int(byte >> 4)])
                append(digits[Int(byte & 15)])
            }
        default: append(byte)
        }
    }
}
