import HTTPTypes

extension ConnectionMachine {
    /// When `deadlinePassed` is to be called, if nothing happens before; nil when time does not matter.
    package var deadline: Moment? {
        guard let outputDeadline else { return phaseDeadline }
        return isIdle ? outputDeadline : min(outputDeadline, phaseDeadline ?? outputDeadline)
    }

    /// When a client must have taken some of the answers that wait beside what else happens.
    private var outputDeadline: Moment? {
        hasWaitingOutput ? lastOutput + policy.configuration.writeTimeout : nil
    }

    private var phaseDeadline: Moment? {
        let configuration = policy.configuration
        switch phase {
        case .head:
            if let headStart { return headStart + configuration.headTimeout }
            return idleSince + min(configuration.keepAliveTimeout, drainGrace ?? configuration.keepAliveTimeout)
        case .body:
            let earned = Duration.seconds(Double(current.bodyBytes) / Double(max(1, configuration.minBodyRate)))
            let lastByte = max(bodyStart, lastInput)
            return min(lastByte + configuration.bodyIdleTimeout, bodyStart + configuration.bodyIdleTimeout + earned)
        case .handling: return nextPeerCheck
        case .sending: return lastOutput + configuration.writeTimeout
        case .lingering:
            return min(lastInput + configuration.lingerTimeout, lingerStart + configuration.lingerTimeout * 10)
        case .closed: return nil
        }
    }

    /// Time has gone by; nothing happens before `deadline`.
    package mutating func deadlinePassed(now: Moment) -> Action {
        guard let deadline, now >= deadline else { return .none }
        if let outputDeadline, now >= outputDeadline { return closed() }
        switch phase {
        case .head:
            guard headStart != nil else { return closed() }
            begin(nil, now: now)
            return timedOut("The request's head did not come whole in time.", now: now)
        case .body: return timedOut("The request's body came too slowly.", now: now)
        case .handling:
            nextPeerCheck = now + Self.peerCheckInterval
            return probePeer()
        case .sending, .lingering: return closed()
        case .closed: return .none
        }
    }

    private mutating func timedOut(_ reason: String, now: Moment) -> Action {
        respond(.problem(status: .requestTimeout, detail: reason), isLast: true, now: now)
    }

    /// A client that ended its side may be waiting for the answer, or be gone: TCP shows no difference until something
    /// is written. An interim answer, which clients skip (RFC 9110 §15.2), makes the host of one that is gone protest.
    private mutating func probePeer() -> Action {
        guard !hasProbedPeer, current.head?.version == .http11 else { return .checkPeer }
        hasProbedPeer = true
        return .sendContinue
    }

    /// Long enough that a quick answer is never preceded by a probe.
    static let peerCheckInterval: Duration = .milliseconds(250)
}
