import HTTPTypes

/// The fields that decide over framing and connection, gathered and checked while a head is read.
struct ControlFields {
    private var hasHost = false
    private var contentLength: Int?
    private var hasTransferEncoding = false
    private var codings: [String] = []
    private var connectionOptions: [String] = []
    private var expectation = RequestHead.Expectation.none

    /// Takes a field into account if it is one of these.
    mutating func note(_ field: HTTPField) throws(Rejection) {
        switch field.name.canonicalName {
        case "host":
            guard !hasHost else { throw Rejection(.badRequest, "The request has more than one Host field.") }
            guard field.withUnsafeBytesOfValue({ Authority.isValid($0.span) }) else {
                throw Rejection(.badRequest, "The Host field is empty or malformed.")
            }
            hasHost = true
        case "content-length": try noteContentLength(field.value)
        case "transfer-encoding":
            hasTransferEncoding = true
            codings += Self.list(field.value)
        case "connection": connectionOptions += Self.list(field.value)
        case "expect":
            let isKnown = Self.list(field.value) == ["100-continue"]
            expectation = isKnown && expectation != .unknown ? .continue : .unknown
        default: break
        }
    }

    /// Several equal values are one; anything but decimal digits, or values that differ, is an attack or a defect.
    private mutating func noteContentLength(_ value: String) throws(Rejection) {
        for element in value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let digits = Self.trimmed(element)
            guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else {
                throw Rejection(.badRequest, "The Content-Length field must hold decimal digits only.")
            }
            var length = 0
            for digit in digits {
                let (tens, overflow) = length.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
                guard !overflow, !carry else {
                    throw Rejection(.badRequest, "The Content-Length field exceeds 2^63 - 1.")
                }
                length = sum
            }
            guard contentLength == nil || contentLength == length else {
                throw Rejection(.badRequest, "The request has Content-Length values that differ.")
            }
            contentLength = length
        }
    }

    /// The framing of the body, once all fields are known.
    func framing(version: RequestHead.Version) throws(Rejection) -> BodyFraming {
        guard hasTransferEncoding else { return contentLength.map(BodyFraming.length) ?? .none }
        guard version == .http11 else {
            throw Rejection(.badRequest, "Transfer-Encoding does not exist in HTTP/1.0.")
        }
        guard contentLength == nil else {
            throw Rejection(.badRequest, "The request has both Content-Length and Transfer-Encoding.")
        }
        guard codings.last == "chunked", codings.filter({ $0 == "chunked" }).count == 1 else {
            throw Rejection(.badRequest, "The last transfer coding must be chunked, applied once.")
        }
        guard codings.count == 1 else {
            throw Rejection(.notImplemented, "The only transfer coding that this server knows is chunked.")
        }
        return .chunked
    }

    /// RFC 9112 §9.3: "close" ends; else 1.1 goes on, and 1.0 only if it asks to.
    func allowsKeepAlive(version: RequestHead.Version) -> Bool {
        guard !connectionOptions.contains("close") else { return false }
        return version == .http11 || connectionOptions.contains("keep-alive")
    }

    func expectation(version: RequestHead.Version) -> RequestHead.Expectation {
        version == .http11 ? expectation : .none
    }

    /// A 1.1 request must name its host (RFC 9112 §3.2).
    func checkHost(version: RequestHead.Version) throws(Rejection) {
        guard hasHost || version == .http10 else {
            throw Rejection(.badRequest, "An HTTP/1.1 request needs a Host field.")
        }
    }

    /// The elements of a comma-separated list with ASCII letters in lower case, empty ones left out (RFC 9110 §5.6.1).
    private static func list(_ value: String) -> [String] {
        value.utf8.split(separator: UInt8(ascii: ",")).compactMap { element in
            let bytes = trimmed(element).map { $0.isLetter ? $0.lowercased : $0 }
            return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }),
            let last = text.lastIndex(where: { !$0.isWhitespace })
        else { return text[text.endIndex...] }
        return text[first...last]
    }
}
