import HTTPTypes
import Synchronization

/// A request waiting for its one answer. Handlers may keep it and answer later, from any thread. One that lets go of it
/// without an answer has failed: the client gets 500.
package final class Exchange: Sendable {
    package let request: Request

    private enum State {
        case waiting(onDisconnect: (@Sendable () -> Void)?)
        case answered
        case disconnected
    }

    private let state = Mutex(State.waiting(onDisconnect: nil))
    private let finish: Route.Finish?
    private let send: @Sendable (Response) -> Void

    /// - Parameters:
    ///   - finish: the last touch on the handler's answer.
    ///   - send: takes the answer to the client; called at most once, on the thread that answers.
    package init(request: Request, finish: Route.Finish? = nil, send: @escaping @Sendable (Response) -> Void) {
        self.request = request
        self.finish = finish
        self.send = send
    }

    deinit {
        guard isFirstAnswer() else { return }
        send(.problem(status: .internalServerError, detail: "The request was dropped without an answer."))
    }

    /// Answers the request. Only the first call counts; after a disconnect the answer is dropped.
    package func respond(_ response: Response) {
        guard isFirstAnswer() else { return }
        guard let finish else { return send(response) }
        var response = response
        finish(&response, request)
        send(response)
    }

    private func isFirstAnswer() -> Bool {
        state.withLock { state in
            guard case .waiting = state else { return false }
            state = .answered
            return true
        }
    }

    /// Asks to be told, at most once, if the client goes away before the answer; at once if it already has.
    package func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        let gone = state.withLock { state in
            switch state {
            case .waiting:
                state = .waiting(onDisconnect: action)
                return false
            case .answered: return false
            case .disconnected: return true
            }
        }
        if gone { action() }
    }

    /// Told by the connection: nobody waits for the answer any more.
    package func disconnect() {
        let action: (@Sendable () -> Void)? = state.withLock { state in
            guard case .waiting(let action) = state else { return nil }
            state = .disconnected
            return action
        }
        action?()
    }
}
