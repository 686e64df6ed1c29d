import Glibc

/// One socket and its machine. Not sendable: it lives and dies in its event loop.
final class Connection {
    private let id: UInt64
    private let descriptor: Int32
    private let context: LoopContext
    private var machine: ConnectionMachine
    private var outbound = Outbound()
    private let isRefused: Bool
    /// What the kernel was told to report.
    private var interest: Poller.Interest = .reading
    private var isWaitingToWrite = false
    private var hasClosed = false
    /// Where the answer of the exchange that a handler has will be.
    private let slot: AnswerSlot
    /// Puts an answer there, from any thread.
    private let deliver: @Sendable (Response) -> Void
    /// Whether a handler keeps an exchange, to answer it later; and that exchange, until the handler lets go of it.
    private var isAwaitingAnswer = false
    private weak var exchange: Exchange?
    /// The answer that is being written.
    private var sending: Response?
    /// What the peer had yet to take when that was last looked at.
    private var unacknowledged: Int?

    /// The descriptor now belongs to the connection.
    /// - Parameter isRefused: whether the client is only told that there is no room.
    init(id: UInt64, descriptor: Int32, peer: String, isRefused: Bool, context: LoopContext) {
        self.id = id
        self.descriptor = descriptor
        self.isRefused = isRefused
        self.context = context
        let slot = AnswerSlot()
        let loop = context.loop
        self.slot = slot
        deliver = { response in
            if slot.put(response) { loop.run { $0.answered(id) } }
        }
        machine = ConnectionMachine(policy: context.policy, peer: peer, now: .now)
    }

    /// Begins to read, and to answer one that is refused.
    func begin() {
        guard context.poller.add(descriptor, token: id, interest) else { return close() }
        if isRefused { perform(machine.refuse(now: .now)) }
    }

    func drain(grace: Duration) {
        machine.drain(grace: grace)
    }

    func abort() {
        perform(machine.peerVanished())
    }

    /// Acts on what became of the socket.
    func handle(_ event: Poller.Event) {
        if event.isWritable && isWaitingToWrite { perform(flush()) }
        guard !hasClosed else { return }
        if interest.contains(.reading) {
            if event.isReadable || event.isBroken { read() }
        } else if event.isBroken {
            perform(machine.peerVanished())
        }
    }

    /// Reads what has come, and lets the machine act on it.
    private func read() {
        // Some turns only, so that one busy client does not keep the loop from the others.
        for _ in 0..<8 {
            let allowance = machine.inputAllowance
            guard allowance > 0 else { break }
            let buffer = UnsafeMutableRawBufferPointer(rebasing: context.input.prefix(allowance))
            switch Socket.read(descriptor, into: buffer) {
            case .bytes(let count):
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                perform(bytes.withMemoryRebound(to: UInt8.self) { machine.received($0.span, now: .now) })
                if count < buffer.count { return }
            case .wouldBlock: return
            case .ended: return perform(machine.receivedEnd(now: .now))
            case .failed: return perform(machine.peerVanished())
            }
        }
    }

    /// The handler answered from another thread.
    func answered() {
        guard isAwaitingAnswer, let response = slot.takeOrWait() else { return }
        isAwaitingAnswer = false
        perform(machine.answered(response, now: .now))
    }

    /// Acts on a deadline that has passed.
    func checkDeadline(now: Moment) {
        if isWaitingToWrite && peerTookBytes() { machine.wrote(now: now) }
        guard let deadline = machine.deadline, now >= deadline else { return }
        // A request may have come in the same moment: no connection is closed over one.
        if machine.isIdle { read() }
        perform(machine.deadlinePassed(now: now))
    }

    /// Whether the peer took bytes since this was last asked or bytes were written. The kernel calls a socket writable
    /// only when a good part of its buffer is free: a slow reader would seem to stand still.
    private func peerTookBytes() -> Bool {
        let left = Socket.unacknowledgedBytes(descriptor)
        defer { unacknowledged = left }
        guard let left, let unacknowledged else { return false }
        return left < unacknowledged
    }

    private func perform(_ first: consuming ConnectionMachine.Action) {
        var action = first
        while true {
            switch consume action {
            case .none:
                if outbound.isEmpty || isWaitingToWrite { return updateInterest() }
                action = flush()
            case .handle(let request, let route): action = handle(request, route)
            case .send(let answer): action = send(answer)
            case .sendContinue:
                outbound.appendHead { $0.append(contentsOf: ResponseSerializer.continueHead) }
                action = flush()
            case .checkPeer: action = Socket.isBroken(descriptor) ? machine.peerVanished() : .none
            case .endOutput:
                Socket.endOutput(descriptor)
                action = .none
            case .close: return close()
            }
        }
    }

    private func handle(_ request: consuming Request, _ route: Route) -> ConnectionMachine.Action {
        let exchange = route.serve(request, send: deliver)
        guard let response = slot.takeOrWait() else {
            isAwaitingAnswer = true
            self.exchange = exchange
            return .none
        }
        return machine.answered(response, now: .now)
    }

    private func send(_ answer: Answer) -> ConnectionMachine.Action {
        var hasBody = false
        outbound.appendHead {
            hasBody = context.serializer.appendHead(of: answer, date: context.date.now(), to: &$0)
        }
        if hasBody { outbound.setBody(answer.response.body) }
        sending = answer.response
        // Answers to requests that came together go together.
        return machine.hasNextRequest && outbound.promise() ? completed() : flush()
    }

    private func flush() -> ConnectionMachine.Action {
        switch outbound.flush(to: descriptor) {
        case .done:
            isWaitingToWrite = false
            let action = machine.outputWritten(now: .now)
            return sending == nil ? action : completed()
        case .blocked(let tookBytes):
            if sending == nil {
                machine.outputWaits(now: .now)
            } else if tookBytes {
                machine.wrote(now: .now)
            }
            unacknowledged = Socket.unacknowledgedBytes(descriptor)
            isWaitingToWrite = true
            return .none
        case .failed: return machine.peerVanished()
        }
    }

    /// The answer is written.
    private func completed() -> ConnectionMachine.Action {
        let now = Moment.now
        completeRecord(now: now)
        return machine.sent(now: now)
    }

    private func completeRecord(now: Moment) {
        guard let response = sending else { return }
        sending = nil
        let bytes = outbound.takeTotal()
        context.observer.exchangeCompleted(machine.record(of: response, responseBytes: bytes, now: now))
    }

    /// What is not read stays in the kernel: that is how back-pressure reaches the client.
    private func updateInterest() {
        guard !hasClosed else { return }
        var wanted: Poller.Interest = isWaitingToWrite ? .writing : []
        if machine.inputAllowance > 0 { wanted.insert(.reading) }
        guard wanted != interest else { return }
        interest = wanted
        context.poller.change(descriptor, token: id, interest)
    }

    /// Ends the connection, and tells who waits.
    private func close() {
        guard !hasClosed else { return }
        hasClosed = true
        let now = Moment.now
        completeRecord(now: now)
        if isAwaitingAnswer {
            isAwaitingAnswer = false
            context.observer.exchangeCompleted(machine.abandonedRecord(now: now))
            exchange?.disconnect()
        }
        Glibc.close(descriptor)
        context.loop.assumeIsolated { [id, isRefused] in $0.closed(id, wasRefused: isRefused) }
    }
}
