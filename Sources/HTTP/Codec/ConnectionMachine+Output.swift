import HTTPTypes

extension ConnectionMachine {
    /// The handler's answer to the request of the last `handle`.
    package mutating func answered(_ response: consuming Response, now: Moment) -> Action {
        guard phase == .handling else { return .none }
        return respond(response, isLast: false, now: now)
    }

    /// The client took some bytes of the answer.
    package mutating func wrote(now: Moment) {
        lastOutput = now
    }

    /// The answer of the last `send` is written whole, or will be with the next one: then report by `outputWaits` if the
    /// socket takes it no more.
    package mutating func sent(now: Moment) -> Action {
        guard phase == .sending else { return .none }
        lastOutput = now
        guard !isLast else {
            guard !inputEnded else { return closed() }
            phase = .lingering
            lingerStart = now
            lastInput = now
            return .endOutput
        }
        phase = .head
        parser = RequestHeadParser(limits: policy.headLimits)
        current = Current(arrival: now)
        headStart = nil
        idleSince = now
        let action = processPending(now: now)
        if case .none = action, inputEnded, phase == .head || phase == .body { return closed() }
        return action
    }

    /// The socket does not take answers that were reported as sent; report by `outputWritten` when it has. The connection
    /// does not end before, but for a client that takes nothing.
    package mutating func outputWaits(now: Moment) {
        hasWaitingOutput = true
        lastOutput = now
    }

    /// All output is written.
    package mutating func outputWritten(now: Moment) -> Action {
        guard hasWaitingOutput else { return .none }
        hasWaitingOutput = false
        lastOutput = now
        return inputEnded && (phase == .head || phase == .body) ? closed() : .none
    }

    /// The driver found the peer gone, or the socket broken.
    package mutating func peerVanished() -> Action {
        closed()
    }

    /// Idle connections end `grace` after their last answer, and each answer from now on is a connection's last.
    package mutating func drain(grace: Duration) {
        drainGrace = min(grace, drainGrace ?? grace)
    }

    /// Turns a response into the action that writes it.
    mutating func respond(_ response: consuming Response, isLast: Bool, now: Moment) -> Action {
        policy.configuration.finish?(&response, current.head)
        // An interim status would leave the client waiting for the answer.
        if response.status.code < 200 { response.status = .internalServerError }
        releaseBody()
        chunks = nil
        nextPeerCheck = nil
        let nothingFollows = inputEnded && pendingStart == pending.count
        self.isLast =
            isLast || current.head?.allowsKeepAlive != true || drainGrace != nil || nothingFollows
            || Self.asksToClose(response)
        if self.isLast {
            pending = []
            pendingStart = 0
        }
        phase = .sending
        lastOutput = now
        let isOld = current.head?.version == .http10
        return .send(
            Answer(
                response: response,
                requestID: current.id,
                elapsed: now - current.arrival,
                omitsBody: current.head?.method == .head,
                persistence: self.isLast ? .close : isOld ? .announcedKeepAlive : .keepAlive
            )
        )
    }

    /// What the observer hears of the current request and its answer.
    /// - Parameter responseBytes: how many were written.
    package func record(of response: Response, responseBytes: Int, now: Moment) -> ExchangeRecord {
        ExchangeRecord(
            method: current.head?.method,
            path: current.path,
            route: current.route?.pattern,
            status: response.status.code,
            requestBytes: (current.head?.byteCount ?? 0) + current.bodyBytes,
            responseBytes: responseBytes,
            peer: peer,
            requestID: current.id,
            duration: now - current.arrival,
            requestFields: current.head?.fields ?? HTTPFields(),
            responseFields: response.fields
        )
    }

    /// What the observer hears of the current request when its client went away before the answer.
    package func abandonedRecord(now: Moment) -> ExchangeRecord {
        let response = Response(status: .init(code: 499, reasonPhrase: "Client Closed Request"))
        return record(of: response, responseBytes: 0, now: now)
    }

    private static func asksToClose(_ response: borrowing Response) -> Bool {
        response.fields.value(of: .connection)?.lowercased() == "close"
    }
}
