import Dispatch
import HTTP
import HTTPTypes
import Synchronization

/// A route whose handler keeps its exchanges, so that a test decides when they are answered.
final class HeldExchanges: Sendable {
    private let exchanges = Mutex<[Exchange]>([])
    private let disconnects = Mutex(0)
    private let arrived = DispatchSemaphore(value: 0)
    private let gone = DispatchSemaphore(value: 0)

    var route: Route {
        Route(.post, "/held", bodyLimit: 1 << 20) { [self] exchange in
            exchange.onDisconnect { [self] in
                disconnects.withLock { $0 += 1 }
                gone.signal()
            }
            exchanges.withLock { $0.append(exchange) }
            arrived.signal()
        }
    }

    /// Waits for one more exchange; false after five seconds.
    func waitForOne() -> Bool {
        arrived.wait(timeout: .now() + 5) == .success
    }

    /// Waits until one more client has gone; false after five seconds.
    func waitForDisconnect() -> Bool {
        gone.wait(timeout: .now() + 5) == .success
    }

    /// Answers all that are held, from the thread that calls.
    func answerAll(_ response: Response) {
        for exchange in exchanges.withLock({ held in
            defer { held = [] }
            return held
        }) {
            exchange.respond(response)
        }
    }
}
