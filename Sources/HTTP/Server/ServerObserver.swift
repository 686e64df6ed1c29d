package import HTTPTypes

/// What the server tells of its traffic, for metrics and access logs. Called on event loops: must be quick.
package protocol ServerObserver: Sendable {
    func connectionOpened()
    func connectionClosed()
    /// A connection that was turned away at the cap.
    func connectionRefused()
    /// An answer was written whole, or the connection was lost while writing or before there was one.
    func exchangeCompleted(_ record: ExchangeRecord)
}

/// One exchange, as an access log or a request counter wants it.
package struct ExchangeRecord: Sendable {
    /// Nil where no request could be parsed.
    package var method: HTTPRequest.Method?
    package var path: String
    /// The route's pattern; nil where none matched.
    package var route: String?
    /// 499 where the client went away before the answer.
    package var status: Int
    package var requestBytes: Int
    package var responseBytes: Int
    package var peer: String
    /// As the server's configuration names it.
    package var requestID: String
    /// From the head's first byte to the answer's last.
    package var duration: Duration
    package var requestFields: HTTPFields
    package var responseFields: HTTPFields

    package init(
        method: HTTPRequest.Method?,
        path: String,
        route: String? = nil,
        status: Int,
        requestBytes: Int = 0,
        responseBytes: Int = 0,
        peer: String = "",
        requestID: String = "",
        duration: Duration = .zero,
        requestFields: HTTPFields = HTTPFields(),
        responseFields: HTTPFields = HTTPFields()
    ) {
        self.method = method
        self.path = path
        self.route = route
        self.status = status
        self.requestBytes = requestBytes
        self.responseBytes = responseBytes
        self.peer = peer
        self.requestID = requestID
        self.duration = duration
        self.requestFields = requestFields
        self.responseFields = responseFields
    }
}
