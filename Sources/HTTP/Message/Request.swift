package import HTTPTypes

/// One complete request as a handler sees it: head parsed and normalised, body received whole.
package struct Request: Sendable {
    /// As the server's configuration names it.
    package var id: String
    package var method: HTTPRequest.Method
    /// Percent-decoded and without dot segments; always begins with "/".
    package var path: String
    package var query: QueryParameters
    package var fields: HTTPFields
    /// The body after removal of the transfer coding; empty when there is none.
    package var body: [UInt8]
    /// What the route's pattern matched, by name: `/v2/models/{model}` gives `["model": …]`.
    package var pathParameters: [String: String]
    /// The peer's numeric address, or the socket's path for a Unix-domain peer; empty in tests.
    package var peer: String
    /// When the head's first byte was read.
    package var arrival: Moment
    /// From the head's first byte to the body's last.
    package var receiveDuration: Duration

    package init(
        id: String = "",
        method: HTTPRequest.Method,
        path: String,
        query: QueryParameters = QueryParameters(),
        fields: HTTPFields = HTTPFields(),
        body: [UInt8] = [],
        pathParameters: [String: String] = [:],
        peer: String = "",
        arrival: Moment = .now,
        receiveDuration: Duration = .zero
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.pathParameters = pathParameters
        self.peer = peer
        self.arrival = arrival
        self.receiveDuration = receiveDuration
    }
}
