/// How a request's body is delimited (RFC 9112 §6.3).
package enum BodyFraming: Sendable, Equatable {
    /// Neither Content-Length nor Transfer-Encoding: no body.
    case none
    /// Content-Length, not negative.
    case length(Int)
    case chunked

    /// Whether bytes of a body follow the head.
    package var hasBody: Bool {
        switch self {
        case .none, .length(0): false
        case .length, .chunked: true
        }
    }
}
