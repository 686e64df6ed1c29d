/// An HTTP/1.1 server on BSD sockets and Dispatch.
package final class Server: Sendable {
    package init(configuration: ServerConfiguration, routes: [Route], observer: any ServerObserver) {}

    /// Binds and listens; returns the bound port (asked for 0, the kernel chose it).
    package func start() throws -> UInt16 { 0 }

    /// Keep-alive answers say `Connection: close` from now on, and idle connections are closed.
    package func beginDrain() {}

    /// Stops listening, lets open exchanges finish until the deadline, then closes everything.
    package func stop(deadline: ContinuousClock.Instant) {}
}
