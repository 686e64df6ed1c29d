import HTTP
import HTTPTypes
import Synchronization

/// Counts what a server tells.
final class RecordingObserver: ServerObserver {
    struct State {
        var opened = 0
        var closed = 0
        var refused = 0
        var records: [ExchangeRecord] = []
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    func connectionOpened() { state.withLock { $0.opened += 1 } }
    func connectionClosed() { state.withLock { $0.closed += 1 } }
    func connectionRefused() { state.withLock { $0.refused += 1 } }
    func exchangeCompleted(_ record: ExchangeRecord) { state.withLock { $0.records.append(record) } }
}

/// A server on a free port of this machine.
final class TestServer {
    let server: Server
    let observer = RecordingObserver()
    let port: UInt16

    init(routes: [Route] = TestRoutes.all, configure: (inout ServerConfiguration) -> Void = { _ in }) throws {
        var configuration = ServerConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configure(&configuration)
        server = Server(configuration: configuration, routes: routes, observer: observer)
        port = try server.start()
    }

    func stop(after seconds: Double = 2) {
        server.stop(deadline: .now + .seconds(seconds))
    }

    deinit {
        server.stop(deadline: .now)
    }
}

/// The routes that the tests of codec, machine and server speak to.
enum TestRoutes {
    static let bodyLimit = 1 << 20

    static let all: [Route] = [
        Route(.get, "/hello") { $0.respond(.text("hello")) },
        // Tells what arrived, in one line.
        Route(.post, "/echo", bodyLimit: bodyLimit) { exchange in
            let request = exchange.request
            exchange.respond(.text("\(request.body.count):\(String(decoding: request.body, as: UTF8.self))"))
        },
        Route(.get, "/items/{name}") { exchange in
            exchange.respond(
                .text("\(exchange.request.pathParameters["name"] ?? "-")?\(exchange.request.query["q"] ?? "")")
            )
        },
        Route(.post, "/small", bodyLimit: 8) { $0.respond(.text("small")) },
        Route(
            .post,
            "/guarded",
            bodyLimit: bodyLimit,
            admission: { head in
                head.fields[.authorization] == "Bearer key" ? nil : .problem(status: .unauthorized, detail: "No key.")
            },
            handler: { $0.respond(.text("in")) }
        ),
    ]
}
