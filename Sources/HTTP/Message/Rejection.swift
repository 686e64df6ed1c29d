package import HTTPTypes

/// Why bytes are no acceptable request: the status to answer, and the cause in words for the client's developer.
package struct Rejection: Error, Sendable, Equatable {
    package var status: HTTPResponse.Status
    package var reason: String

    package init(_ status: HTTPResponse.Status, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}
