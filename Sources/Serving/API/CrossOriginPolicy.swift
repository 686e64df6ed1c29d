import HTTP
import HTTPTypes

/// Which web pages may call the service and read its answers (Fetch standard, CORS protocol).
package struct CrossOriginPolicy: Sendable, Equatable {
    private enum Origins: Equatable {
        case all
        case some(Set<String>)
    }

    private let origins: Origins

    /// - Parameter text: `*` for every page, or origins such as `https://example.org`, separated by commas.
    /// - Returns: nil when one of them is no origin.
    package init?(_ text: String) {
        guard text != "*" else {
            origins = .all
            return
        }
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.drop { $0 == " " }).lowercased() }
        guard names.allSatisfy(Self.isOrigin) else { return nil }
        origins = .some(Set(names))
    }

    /// A scheme, a host and maybe a port; no path, not even a slash at the end.
    private static func isOrigin(_ text: String) -> Bool {
        let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
        return !rest.isEmpty
            && rest.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Whether a browser asks what it may send, before it sends it.
    static func isPreflight(_ head: RequestHead) -> Bool {
        head.method == .options && head.fields[.origin] != nil && head.fields[.accessControlRequestMethod] != nil
    }

    /// Adds the permission to an answer, if the request comes from a page that has it. A preflight is also told the
    /// methods, which the server's own answer to OPTIONS says in Allow.
    func mark(_ response: inout Response, head: RequestHead?) {
        guard let head else { return }
        if case .some(let origins) = origins {
            // Caches must not give one page's answer to another.
            response.fields.append(HTTPField(name: .vary, value: "Origin"))
            guard let origin = head.fields[.origin], origins.contains(origin.lowercased()) else { return }
            response.fields[.accessControlAllowOrigin] = origin
        } else {
            response.fields[.accessControlAllowOrigin] = "*"
        }
        guard Self.isPreflight(head) else {
            response.fields[.accessControlExposeHeaders] = Self.readableFields
            return
        }
        response.fields[.accessControlAllowMethods] = response.fields[.allow]
        response.fields[.accessControlAllowHeaders] = Self.writableFields
        response.fields[.accessControlMaxAge] = "3600"
    }

    private static let readableFields = "X-Request-Id, Server-Timing, Retry-After, Inference-Header-Content-Length"
    private static let writableFields =
        "Authorization, Content-Type, Content-Encoding, X-Request-Id, traceparent, Inference-Header-Content-Length"
}
