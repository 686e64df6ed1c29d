/// A response with all that the connection decided about it, ready to be written.
package struct Answer: Sendable {
    package enum Persistence: Sendable {
        case keepAlive
        /// To an HTTP/1.0 client that asked for it, and so must be told.
        case announcedKeepAlive
        case close
    }

    package var response: Response
    /// The request's name; empty where the server's configuration gives none.
    package var requestID: String
    /// Since the request's first byte.
    package var elapsed: Duration
    /// True for HEAD: the fields of the answer to GET, without its body.
    package var omitsBody: Bool
    package var persistence: Persistence
}
