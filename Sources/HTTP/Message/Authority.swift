/// The grammar of `uri-host [ ":" port ]` (RFC 3986 §3.2.2, RFC 9110 §7.2): what Host and an absolute target may name.
enum Authority {
    /// Whether `text` is a host that is not empty, with an optional port and without user information.
    static func isValid(_ text: Span<UInt8>) -> Bool {
        let hostEnd: Int
        if text.count > 0 && text[0] == UInt8(ascii: "[") {
            guard let bracket = text.firstIndex(of: UInt8(ascii: "]")), isIPv6(text.extracting(1..<bracket)) else {
                return false
            }
            hostEnd = bracket + 1
        } else {
            hostEnd = text.firstIndex(of: UInt8(ascii: ":")) ?? text.count
            guard isRegisteredName(text.extracting(..<hostEnd)) else { return false }
        }
        guard hostEnd < text.count else { return true }
        return text[hostEnd] == UInt8(ascii: ":") && isPort(text.extracting((hostEnd + 1)...))
    }

    private static func isIPv6(_ text: Span<UInt8>) -> Bool {
        text.firstIndex(of: UInt8(ascii: ":")) != nil
            && text.allSatisfy { $0.hexadecimalValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    }

    private static func isRegisteredName(_ text: Span<UInt8>) -> Bool {
        guard text.count > 0 else { return false }
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "%"):
                guard index + 2 < text.count, text[index + 1].hexadecimalValue != nil,
                    text[index + 2].hexadecimalValue != nil
                else { return false }
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
                // sub-delims
                UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
                UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
                UInt8(ascii: "="):
                continue
            case let byte:
                guard byte.isDigit || byte.isLetter else { return false }
            }
        }
        return true
    }

    private static func isPort(_ text: Span<UInt8>) -> Bool {
        guard text.count <= 5, text.allSatisfy(\.isDigit) else { return false }
        var port = 0
        for index in text.indices { port = port * 10 + Int(text[index] - UInt8(ascii: "0")) }
        return port <= Int(UInt16.max)
    }
}
