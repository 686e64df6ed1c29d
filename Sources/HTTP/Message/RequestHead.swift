package import HTTPTypes

/// Request line and fields of one request, checked (RFC 9112 §§3, 5, 6), and what they say about body and connection.
/// Once read it does not change, and is shared by all who look at it.
package final class RequestHead: Sendable {
    package enum Version: Sendable {
        case http10
        /// Also any later 1.x, which a 1.1 server answers as 1.1 (RFC 9110 §2.5).
        case http11
    }

    /// What `Expect` asks (RFC 9110 §10.1.1); always `none` for HTTP/1.0.
    package enum Expectation: Sendable {
        case none
        case `continue`
        case unknown
    }

    package let method: HTTPRequest.Method
    package let target: RequestTarget
    package let version: Version
    package let fields: HTTPFields
    package let framing: BodyFraming
    package let expectation: Expectation
    /// Whether the client lets the connection live on after the answer (RFC 9112 §9.3).
    package let allowsKeepAlive: Bool
    /// The head's length on the wire, with the blank line at its end.
    package let byteCount: Int

    package init(
        method: HTTPRequest.Method,
        target: RequestTarget,
        version: Version = .http11,
        fields: HTTPFields = HTTPFields(),
        framing: BodyFraming = .none,
        expectation: Expectation = .none,
        allowsKeepAlive: Bool = true,
        byteCount: Int = 0
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
        self.framing = framing
        self.expectation = expectation
        self.allowsKeepAlive = allowsKeepAlive
        self.byteCount = byteCount
    }
}
