package import HTTPTypes

/// What the server tells of its traffic, for metrics and access logs. Called on event loops: must be quick.
package protocol ServerObserver: Sendable {
    func connectionOpened()
    func connectionClosed()
    /// A connection that was turned away at the cap.
    func connectionRefused()
    /// An answer was written whole, or the connection was lost while writing.
    func exchangeCompleted(_ record: ExchangeRecord)
}

/// One exchange, as an access log or a request counter wants it.
package struct ExchangeRecord: Sendable {
    /// Nil where no request could be parsed.
    package var method: HTTPRequest.Method?
    package var path: String
    /// The route's pattern; nil where none matched.
    package var route: String?
    package var status: Int
    package var requestBytes: Int
    package var responseBytes: Int
    package var peer: String
    /// As answered in `X-Request-Id`; nil where the handler set none.
    package var requestID: String?
    /// From the head's first byte to the answer's last.
    package var duration: Duration
}
