package import HTTP
import HTTPTypes

/// The keys that open the service (RFC 6750, bearer tokens in the Authorization field).
package struct APIKeys: Sendable {
    /// Why a text is no list of keys. Never holds a key.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case empty
        case malformed(line: Int)

        package var description: String {
            switch self {
            case .empty: "holds no key: write one key a line"
            case .malformed(let line):
                "line \(line) is no key: a key is one line of visible ASCII characters without spaces"
            }
        }
    }

    private let keys: [[UInt8]]

    /// - Parameter text: one key a line; blank lines and lines that begin with # do not count.
    package init(text: [UInt8]) throws(Failure) {
        var keys: [[UInt8]] = []
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let key = line.drop(while: Self.isBlank).reversed().drop(while: Self.isBlank).reversed()
            guard let first = key.first, first != UInt8(ascii: "#") else { continue }
            guard key.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .malformed(line: index + 1) }
            keys.append(Array(key))
        }
        guard !keys.isEmpty else { throw .empty }
        self.keys = keys
    }

    /// The answer to a request without a right key; nil for one that may go on. The health probes need none, nor
    /// does the page, which asks for the key itself.
    package func refusal(of head: RequestHead) -> Response? {
        guard !HealthAPI.isProbe(head.target), !DocumentationAPI.isPage(head.target) else { return nil }
        guard let credentials = head.fields[.authorization] else {
            return Self.unauthorized(
                challenge: "Bearer",
                detail: "This service needs a key: send it as Authorization: Bearer <key>."
            )
        }
        guard let token = Self.token(credentials), accepts(token) else {
            return Self.unauthorized(
                challenge: "Bearer error=\"invalid_token\"",
                detail:
                    "The key in the Authorization field is not one of this service's; it goes there as Bearer <key>."
            )
        }
        return nil
    }

    /// Compares with every key in full, so that the time tells nothing but the token's own length.
    private func accepts(_ token: [UInt8]) -> Bool {
        var isAccepted = false
        for key in keys {
            var difference = UInt8(key.count == token.count ? 0 : 1)
            for index in token.indices { difference |= token[index] ^ key[index % key.count] }
            isAccepted = difference == 0 || isAccepted
        }
        return isAccepted
    }

    /// What follows the scheme, whose case does not matter (RFC 9110 §11.1).
    private static func token(_ credentials: String) -> [UInt8]? {
        let bytes = Array(credentials.utf8)
        guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
            String(decoding: bytes[..<space], as: UTF8.self).lowercased() == "bearer"
        else { return nil }
        return Array(bytes[space...].drop { $0 == UInt8(ascii: " ") })
    }

    private static func unauthorized(challenge: String, detail: String) -> Response {
        var response = Response.problem(status: .unauthorized, detail: detail)
        response.fields[.wwwAuthenticate] = challenge
        return response
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
