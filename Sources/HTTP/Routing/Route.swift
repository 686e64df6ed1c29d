package import HTTPTypes

/// One row of the routing table.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Exchange) -> Void

    package var method: HTTPRequest.Method
    /// Literal segments and `{name}` segments: `/v2/models/{model}/infer`.
    package var pattern: String
    /// A larger body is refused with 413 before it is read; 0 for routes without a body.
    package var bodyLimit: Int
    /// Called on an event loop: must hand long work to another thread.
    package var handler: Handler

    package init(_ method: HTTPRequest.Method, _ pattern: String, bodyLimit: Int = 0, handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.bodyLimit = bodyLimit
        self.handler = handler
    }
}
