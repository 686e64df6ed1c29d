import HTTPTypes

/// One HTTP/1.1 connection as a pure state machine: it is told of bytes, answers and the time, and says what to do.
/// It touches no socket and no clock, so that every order of events can be tested. There is one a connection, which no
/// copy is made of.
///
/// Requests of a connection are handled one at a time; what a client sends ahead waits, bounded, in `pending`.
///
/// The driver calls one method an event and performs the action that it returns. An action other than `none` leads to
/// the next event: `handle` to `answered`, `send` and `sendContinue` to `sent`.
package struct ConnectionMachine: ~Copyable, Sendable {
    package enum Action: Sendable {
        case none
        /// Hand the request to the route's handler, and report its answer by `answered`.
        case handle(Request, Route)
        /// Write the answer, and report its last byte by `sent`.
        case send(Answer)
        /// Write `100 Continue`; there is nothing to report.
        case sendContinue
        /// See whether the peer, which has ended its side, is still there; report by `peerVanished` if not.
        case checkPeer
        /// Say that nothing more will be written, but go on reading (RFC 9112 §9.6).
        case endOutput
        case close
    }

    enum Phase: Sendable {
        /// Waiting for a head, or within one.
        case head
        case body
        /// The handler has the request.
        case handling
        /// The answer is being written.
        case sending
        /// The last answer is written; what still comes is dropped, so that the client gets to read the answer.
        case lingering
        case closed
    }

    /// The request that is being received or answered.
    struct Current: Sendable {
        /// Nil where it could not be parsed.
        var head: RequestHead?
        var id = ""
        /// Of the head's target; empty without a head.
        var path = ""
        var route: Route?
        var pathParameters: [String: String] = [:]
        var arrival: Moment
        var bodyBytes = 0
    }

    let policy: ConnectionPolicy
    let peer: String
    var phase = Phase.head
    var parser: RequestHeadParser
    var current: Current
    /// Of a body with a known length, what is still to come.
    var remaining = 0
    var chunks: ChunkedDecoder?
    var body: [UInt8] = []
    /// What of the policy's budget this connection holds.
    var reserved = 0
    /// Input that is not used yet, from `pendingStart` on.
    var pending: [UInt8] = []
    var pendingStart = 0
    var inputEnded = false
    /// Answers reported as sent wait for the socket: see `outputWaits`.
    var hasWaitingOutput = false
    /// The answer being written is the connection's last.
    var isLast = false
    var drainGrace: Duration?

    // Times of the last events, for the deadlines.
    var idleSince: Moment
    var headStart: Moment?
    var bodyStart: Moment
    var lastInput: Moment
    var lastOutput: Moment
    var lingerStart: Moment
    var nextPeerCheck: Moment?
    var hasProbedPeer = false

    /// - Parameter peer: the client's address, as requests tell it.
    package init(policy: ConnectionPolicy, peer: String, now: Moment) {
        self.policy = policy
        self.peer = peer
        parser = RequestHeadParser(limits: policy.headLimits)
        current = Current(arrival: now)
        idleSince = now
        bodyStart = now
        lastInput = now
        lastOutput = now
        lingerStart = now
    }

    /// Waiting for a request of which nothing has come.
    package var isIdle: Bool {
        phase == .head && headStart == nil
    }

    /// Whether the client has sent more, which will be answered on this connection.
    package var hasNextRequest: Bool {
        !isLast && !inputEnded && pendingStart < pending.count
    }

    /// How many bytes may be given to `received` now; at 0 the driver stops reading.
    package var inputAllowance: Int {
        guard !inputEnded else { return 0 }
        switch phase {
        case .closed: return 0
        case .handling: return max(0, policy.configuration.maxPipelinedBytes - (pending.count - pendingStart))
        case .sending where !isLast:
            return max(0, policy.configuration.maxPipelinedBytes - (pending.count - pendingStart))
        case .head, .body, .sending, .lingering: return .max
        }
    }

    /// The connection was turned away at the cap: answers before any request has been read.
    package mutating func refuse(now: Moment) -> Action {
        begin(nil, now: now)
        return respond(
            .problem(
                status: .serviceUnavailable,
                detail: "The server has all the connections it can serve. Try later."
            ),
            isLast: true,
            now: now
        )
    }

    /// The driver has given up on the socket, or has closed it.
    package mutating func closed() -> Action {
        phase = .closed
        pending = []
        releaseBody()
        return .close
    }

    /// From now on this request is received and answered.
    /// - Parameter head: nil when it cannot be parsed.
    mutating func begin(_ head: RequestHead?, now: Moment) {
        current = Current(
            head: head,
            id: policy.configuration.identify(head),
            path: head?.target.path ?? "",
            arrival: headStart ?? now
        )
    }

    mutating func releaseBody() {
        body = []
        policy.release(reserved)
        reserved = 0
    }
}
