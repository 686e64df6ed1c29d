package import HTTPTypes

/// One row of the routing table, shared by all requests that it serves.
package final class Route: Sendable {
    package typealias Handler = @Sendable (Exchange) -> Void
    /// Looks at the head before any of the body is read: nil lets the request in, a response refuses it.
    package typealias Admission = @Sendable (RequestHead) -> Response?
    /// Last touch on what the handler answers, on the thread that answers.
    package typealias Finish = @Sendable (inout Response, Request) -> Void

    package let method: HTTPRequest.Method
    /// Literal segments and `{name}` segments: `/v2/models/{model}/infer`. A literal may follow a name within its
    /// segment: `/v1/models/{model}:predict`.
    package let pattern: String
    /// A larger body is refused with 413 before it is read; 0 for routes without a body.
    package let bodyLimit: Int
    /// Whether a POST, PUT or PATCH may come without a body.
    package let isBodyOptional: Bool
    /// Called on an event loop, as soon as the head is read: must be quick.
    package let admission: Admission?
    /// Called on an event loop: must hand long work to another thread.
    package let handler: Handler
    package let finish: Finish?

    package init(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        bodyLimit: Int = 0,
        isBodyOptional: Bool = false,
        admission: Admission? = nil,
        finish: Finish? = nil,
        handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.bodyLimit = bodyLimit
        self.isBodyOptional = isBodyOptional
        self.admission = admission
        self.finish = finish
        self.handler = handler
    }

    /// The same row with this last touch.
    package func finished(by finish: @escaping Finish) -> Route {
        Route(
            method,
            pattern,
            bodyLimit: bodyLimit,
            isBodyOptional: isBodyOptional,
            admission: admission,
            finish: finish,
            handler: handler
        )
    }

    /// Hands a request to the handler.
    /// - Parameter send: takes the answer to the client; called at most once, on the thread that answers.
    package func serve(_ request: consuming Request, send: @escaping @Sendable (Response) -> Void) -> Exchange {
        let exchange = Exchange(request: request, finish: finish, send: send)
        handler(exchange)
        return exchange
    }
}
