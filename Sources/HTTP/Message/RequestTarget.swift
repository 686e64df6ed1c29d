import HTTPTypes

/// What a request asks for (RFC 9112 §3.2), normalised.
package enum RequestTarget: Sendable, Equatable {
    /// Origin-form and absolute-form alike. The segments between slashes, each percent-decoded, dot segments removed
    /// (RFC 3986 §5.2.4): "/" is `[""]`, "/a/b" is `["a", "b"]`, "/a/" is `["a", ""]`. The query is as sent.
    case resource(segments: [String], query: String)
    /// `*`: the server itself, in `OPTIONS * HTTP/1.1`.
    case server

    /// Percent-decoded, without dot segments; `*` for the server itself.
    package var path: String {
        switch self {
        case .resource(let segments, _):
            segments.reduce(into: "") { path, segment in
                path += "/"
                path += segment
            }
        case .server: "*"
        }
    }

    /// Reads a target whose bytes are all visible ASCII.
    init(parsing text: Span<UInt8>) throws(Rejection) {
        if text.count == 1 && text[0] == UInt8(ascii: "*") {
            self = .server
            return
        }
        guard text.firstIndex(of: UInt8(ascii: "#")) == nil else {
            throw Rejection(.badRequest, "A request target has no fragment: leave out the # and what follows.")
        }
        let start = try Self.pathStart(text)
        let end = text.firstIndex(of: UInt8(ascii: "?"), from: start) ?? text.count
        let query = end < text.count ? text.extracting((end + 1)...).repairedString : ""
        self = .resource(segments: try Self.segments(of: text.extracting(start..<end)), query: query)
    }

    /// Where the path begins: at 0 in origin-form, behind `http://authority` in absolute-form.
    private static func pathStart(_ text: Span<UInt8>) throws(Rejection) -> Int {
        if text.count > 0 && text[0] == UInt8(ascii: "/") { return 0 }
        let scheme: Int
        if text.count > 7 && text.extracting(..<7).equalsIgnoringCase("http://") {
            scheme = 7
        } else if text.count > 8 && text.extracting(..<8).equalsIgnoringCase("https://") {
            scheme = 8
        } else {
            throw Rejection(.badRequest, "The request target must begin with / or be an http URL.")
        }
        var end = scheme
        while end < text.count && text[end] != UInt8(ascii: "/") && text[end] != UInt8(ascii: "?") { end += 1 }
        guard Authority.isValid(text.extracting(scheme..<end)) else {
            throw Rejection(.badRequest, "The host in the request target is malformed.")
        }
        return end
    }

    private static func segments(of path: Span<UInt8>) throws(Rejection) -> [String] {
        var segments: [String] = []
        // An absolute-form target may leave the path out; it is then "/".
        var start = min(1, path.count)
        while true {
            let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
            let segment = try decoded(path.extracting(start..<end))
            let isLast = end == path.count
            switch segment {
            case ".":
                if isLast { segments.append("") }
            case "..":
                _ = segments.popLast()
                if isLast { segments.append("") }
            default: segments.append(segment)
            }
            if isLast { return segments }
            start = end + 1
        }
    }

    private static func decoded(_ segment: Span<UInt8>) throws(Rejection) -> String {
        guard segment.firstIndex(of: UInt8(ascii: "%")) != nil else { return segment.repairedString }
        guard let bytes = PercentCoding.decodeStrictly(segment),
            bytes.allSatisfy({ $0 >= .space && $0 != 0x7F }),
            let text = String(validating: bytes, as: UTF8.self)
        else {
            throw Rejection(.badRequest, "The path holds a malformed percent escape, or one of a control character.")
        }
        // An escaped slash is data, but must not smuggle a dot segment into the path.
        let isHidingDots =
            text.utf8.contains(UInt8(ascii: "/")) && text.split(separator: "/").contains { $0 == "." || $0 == ".." }
        guard !isHidingDots else {
            throw Rejection(.badRequest, "The path hides a dot segment behind an escaped slash.")
        }
        return text
    }
}
