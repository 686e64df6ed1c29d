import Synchronization

/// Where the answers of one connection's exchanges wait for its loop, one at a time. An answer that comes while the
/// handler still runs on the loop is picked up there; only a later one, from another thread, has to wake the loop.
final class AnswerSlot: Sendable {
    private enum State {
        case handling
        case waiting
        case answered(Response)
    }

    private let state = Mutex(State.handling)

    /// Returns whether the loop must be woken.
    func put(_ response: Response) -> Bool {
        state.withLock { state in
            let mustWake = if case .waiting = state { true } else { false }
            state = .answered(response)
            return mustWake
        }
    }

    /// The answer, if it is there, and the slot is ready for the next; called when the handler has returned. If it is not,
    /// `put` will ask to wake the loop.
    func takeOrWait() -> Response? {
        state.withLock { state in
            guard case .answered(let response) = state else {
                state = .waiting
                return nil
            }
            state = .handling
            return response
        }
    }
}
