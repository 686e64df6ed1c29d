import HTTPTypes

extension ConnectionMachine {
    /// The handler's answer to the request of the last `handle`.
    package mutating func answered(_ response: Response, now: Instant) -> Action {
        guard phase == .handling else { return .none }
        return respond(response, isLast: false, now: now)
    }

    /// The client took some bytes of the answer.
    package mutating func wrote(now: Instant) {
        lastOutput = now
    }

    /// The answer of the last `send` is written whole.
    package mutating func sent(now: Instant) -> Action {
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
        current = nil
        headStart = nil
        idleSince = now
        let action = processPending(now: now)
        if case .none = action, inputEnded, phase == .head || phase == .body { return closed() }
        return action
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
    mutating func respond(_ response: Response, isLast: Bool, now: Instant) -> Action {
        var response = response
        let head = current?.head
        policy.configuration.finish?(&response, head, now - (current?.arrival ?? now))
        // An interim status would leave the client waiting for the answer.
        if response.status.code < 200 { response.status = .internalServerError }
        releaseBody()
        chunks = nil
        nextPeerCheck = nil
        let nothingFollows = inputEnded && pendingStart == pending.count
        self.isLast =
            isLast || head?.allowsKeepAlive != true || drainGrace != nil || nothingFollows
            || Self.asksToClose(response)
        if self.isLast {
            pending = []
            pendingStart = 0
        }
        phase = .sending
        lastOutput = now
        return .send(
            Answer(
                response: response,
                omitsBody: head?.method == .head,
                persistence: self.isLast ? .close : head?.version == .http10 ? .announcedKeepAlive : .keepAlive,
                record: record(of: response),
                arrival: current?.arrival ?? now
            )
        )
    }

    /// What the observer hears of the current request when its client went away before the answer.
    package func abandonedRecord(now: Instant) -> ExchangeRecord {
        var record = record(of: Response(status: .init(code: 499, reasonPhrase: "Client Closed Request")))
        record.duration = now - (current?.arrival ?? now)
        return record
    }

    private func record(of response: Response) -> ExchangeRecord {
        let head = current?.head
        return ExchangeRecord(
            method: head?.method,
            path: current?.path ?? "",
            route: current?.route?.pattern,
            status: response.status.code,
            requestBytes: (head?.byteCount ?? 0) + (current?.bodyBytes ?? 0),
            responseBytes: 0,
            peer: peer,
            requestID: Self.requestIDName.flatMap { response.fields[$0] },
            duration: .zero,
            requestFields: head?.fields ?? HTTPFields(),
            responseFields: response.fields
        )
    }

    private static let requestIDName = HTTPField.Name("X-Request-Id")

    private static func asksToClose(_ response: Response) -> Bool {
        response.fields[.connection]?.lowercased() == "close"
    }
}
