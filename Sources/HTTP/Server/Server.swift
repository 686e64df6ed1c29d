import Synchronization

/// An HTTP/1.1 server on BSD sockets and Dispatch: a listener a socket, and a few event loops. It serves from `start`
/// to `stop`.
package final class Server: Sendable {
    private struct Running {
        var listeners: [Listener]
        var loops: [EventLoop]
    }

    private let configuration: ServerConfiguration
    private let routes: [Route]
    private let observer: any ServerObserver
    private let count = ConnectionCount()
    private let running = Mutex<Running?>(nil)

    /// How long a connection may be idle before it is closed: in a drain, so that a client that just got an answer can
    /// still use it once and is told to go; and when stopping.
    private static let drainGrace: Duration = .seconds(1)
    private static let stopGrace: Duration = .milliseconds(100)

    package init(configuration: ServerConfiguration, routes: [Route], observer: any ServerObserver) {
        self.configuration = configuration
        self.routes = routes
        self.observer = observer
    }

    /// Binds and listens; returns the bound port, of the first of several sockets (asked for 0, the kernel chose it; 0
    /// for a Unix-domain socket).
    /// Throws `ServerError`, or `RoutingError` for a table that makes no sense.
    package func start() throws -> UInt16 {
        try running.withLock { running in
            guard running == nil else { throw ServerError.alreadyStarted }
            let policy = ConnectionPolicy(configuration: configuration, router: try Router(routes))
            let sockets = try Self.sockets(configuration)
            let loops = try (0..<max(1, configuration.eventLoops)).map { index in
                try EventLoop(index: index, policy: policy, observer: observer, count: count)
            }
            let listeners = sockets.map { socket in
                Listener(socket: socket, loops: loops, count: count, maxConnections: configuration.maxConnections)
            }
            for loop in loops { loop.begin() }
            for listener in listeners { listener.begin() }
            running = Running(listeners: listeners, loops: loops)
            return sockets.first?.port ?? 0
        }
    }

    /// The sockets that were passed, or else one of the server's own.
    private static func sockets(_ configuration: ServerConfiguration) throws(ServerError) -> [ListeningSocket] {
        guard configuration.passedSockets.isEmpty else {
            var sockets: [ListeningSocket] = []
            for passed in configuration.passedSockets { sockets.append(try ListeningSocket(passed)) }
            return sockets
        }
        return [try ListeningSocket(ListenAddress(configuration))]
    }

    /// Goes on accepting; each answer from now on says `Connection: close`, and idle connections are closed.
    package func beginDrain() {
        for loop in running.withLock({ $0?.loops ?? [] }) {
            loop.run { $0.drain(grace: Self.drainGrace) }
        }
    }

    /// Stops listening, lets open exchanges finish until the deadline, then closes everything. Returns when all is
    /// closed. Not to be called from a handler.
    package func stop(deadline: ContinuousClock.Instant) {
        guard let running = running.withLock({ $0 }) else { return }
        for listener in running.listeners { listener.end() }
        for loop in running.loops { loop.run { $0.drain(grace: Self.stopGrace) } }
        if !count.waitUntilReleased(deadline: deadline) {
            for loop in running.loops { loop.run { $0.abort() } }
            _ = count.waitUntilReleased(deadline: .now + .seconds(1))
        }
        for loop in running.loops { loop.run { $0.end() } }
    }
}
