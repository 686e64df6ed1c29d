/// Every bound of the server, with its default.
package struct ServerConfiguration: Sendable {
    /// Names a request, for the handler, the client and the observer; the head is nil where none could be parsed. Called
    /// once a request, on event loops: must be quick.
    package typealias Identify = @Sendable (RequestHead?) -> String

    /// Last touch on every answer before it is written, the server's own errors included; the head is nil where none
    /// could be parsed. Called on event loops: must be quick.
    package typealias Finish = @Sendable (inout Response, RequestHead?) -> Void

    /// A numeric IPv4 or IPv6 address ("::" serves IPv4 too), or "localhost" for 127.0.0.1.
    package var host = "0.0.0.0"
    /// 0 lets the kernel choose one.
    package var port: UInt16 = 8080
    /// When set, the server listens on a Unix-domain socket at this path instead of `host` and `port`.
    package var unixSocketPath: String?
    /// When there are any, the server listens on these instead.
    package var passedSockets: [PassedSocket] = []
    package var eventLoops = 2
    /// Beyond it, connections are answered 503 at once.
    package var maxConnections = 16_384
    package var maxHeadBytes = 16 * 1024
    package var maxFields = 100
    package var maxTargetBytes = 8 * 1024
    /// Of one connection: requests that were sent ahead while an earlier one is being answered.
    package var maxPipelinedBytes = 64 * 1024
    /// Request bodies in memory over all connections, from their first byte to their answer; beyond it, 503.
    package var maxBufferedBytes = 512 * 1024 * 1024
    /// From a head's first byte to its last.
    package var headTimeout: Duration = .seconds(10)
    /// Within a body, from one byte to the next.
    package var bodyIdleTimeout: Duration = .seconds(30)
    /// Bytes a second that a body must keep on average, once `bodyIdleTimeout` has passed.
    package var minBodyRate = 256
    /// Without any byte, before a connection's first request and between requests.
    package var keepAliveTimeout: Duration = .seconds(60)
    /// While an answer is written, from one byte taken by the client to the next.
    package var writeTimeout: Duration = .seconds(30)
    /// After the last answer, while the client is still sending: from one byte to the next. Ten times this in all.
    package var lingerTimeout: Duration = .seconds(2)
    /// The value of the Server field; none is sent when empty.
    package var serverName = "effnet"
    /// Looks at every head before its route is sought: nil lets it in, a response refuses it.
    package var admission: Route.Admission?
    package var identify: Identify = { _ in "" }
    package var finish: Finish?

    package init() {}
}
