import HTTPTypes

/// `method SP request-target SP HTTP-version` (RFC 9112 §3), with exactly one space at each place.
struct RequestLine {
    var method: HTTPRequest.Method
    var target: RequestTarget
    var version: RequestHead.Version

    /// Those that a client may send, the frequent ones first.
    private static let methods: [HTTPRequest.Method] =
        [.get, .post, .head, .options, .put, .delete, .patch, .trace] + [HTTPRequest.Method("QUERY")].compactMap(\.self)
    /// Longer methods exist nowhere.
    private static let maxMethodBytes = 32
    /// " HTTP/1.1" and a carriage return that may still wait for its line feed.
    private static let tailBytes = 10

    /// - Parameter line: the whole line without its end; it has passed `checkBeginning`.
    init(parsing line: Span<UInt8>, maxTargetBytes: Int) throws(Rejection) {
        guard let methodEnd = line.firstIndex(of: .space),
            let targetEnd = line.firstIndex(of: .space, from: methodEnd + 1)
        else {
            throw Rejection(
                .badRequest,
                "The request line must be: method, target and version, one space between each."
            )
        }
        let target = line.extracting((methodEnd + 1)..<targetEnd)
        guard target.count <= maxTargetBytes else { throw Self.targetTooLong(maxTargetBytes) }
        guard target.allSatisfy(\.isVisible) else {
            throw Rejection(.badRequest, "The request target holds a byte that must be percent-encoded.")
        }
        version = try Self.version(line.extracting((targetEnd + 1)...))
        method = try Self.method(line.extracting(..<methodEnd))
        self.target = try RequestTarget(parsing: target)
        guard self.target != .server || method == .options else {
            throw Rejection(.badRequest, "The request target * goes with OPTIONS only.")
        }
    }

    /// Refuses what no continuation can mend, so that a client that never ends its line hears of it early.
    /// - Parameter line: the line as far as it has come.
    static func checkBeginning(_ line: Span<UInt8>, maxTargetBytes: Int) throws(Rejection) {
        var methodEnd = 0
        while methodEnd < line.count && line[methodEnd].isToken {
            methodEnd += 1
            guard methodEnd <= maxMethodBytes else { throw unknownMethod }
        }
        guard methodEnd < line.count || methodEnd > 0 else { return }
        guard methodEnd == line.count || (methodEnd > 0 && line[methodEnd] == .space) else {
            throw Rejection(.badRequest, "The request line must begin with a method and a space.")
        }
        guard line.count - methodEnd - 1 <= maxTargetBytes + tailBytes else { throw targetTooLong(maxTargetBytes) }
    }

    private static func method(_ text: Span<UInt8>) throws(Rejection) -> HTTPRequest.Method {
        guard let method = methods.first(where: { text.equals($0.rawValue) }) else { throw unknownMethod }
        return method
    }

    private static func version(_ text: Span<UInt8>) throws(Rejection) -> RequestHead.Version {
        guard text.count == 8, text.extracting(..<5).equals("HTTP/"), text[5].isDigit,
            text[6] == UInt8(ascii: "."), text[7].isDigit
        else {
            throw Rejection(.badRequest, "The request line must end with a space and HTTP/1.1 or HTTP/1.0.")
        }
        guard text[5] == UInt8(ascii: "1") else {
            throw Rejection(.httpVersionNotSupported, "This server speaks HTTP/1.1 and HTTP/1.0.")
        }
        return text[7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    private static var unknownMethod: Rejection {
        Rejection(.notImplemented, "This server does not know the request's method.")
    }

    private static func targetTooLong(_ limit: Int) -> Rejection {
        Rejection(.uriTooLong, "The request target is longer than \(limit) bytes.")
    }
}
