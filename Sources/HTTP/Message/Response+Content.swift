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
        let digits = StaticString("0123456789abcdef")
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case UInt8(ascii: "\n"): append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\r"): append(contentsOf: "\\r".utf8)
            case UInt8(ascii: "\t"): append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                append(contentsOf: "\\u00")
                digits.withUTF8Buffer { digits in
                    append(digits[Int(byte >> 4)])
                    append(digits[Int(byte & 15)])
                }
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}
