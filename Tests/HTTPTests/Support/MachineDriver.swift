import HTTP
import HTTPTypes
import Synchronization

/// Plays the part of socket, loop and handlers for a connection machine, with a clock that the test moves.
final class MachineDriver {
    private var machine: ConnectionMachine
    var inputAllowance: Int { machine.inputAllowance }
    var deadline: Moment? { machine.deadline }
    private(set) var output: [UInt8] = []
    /// The server ended its side, or closed the connection.
    private(set) var hasEnded = false
    private(set) var isClosed = false
    private(set) var peerChecks = 0
    /// The requests that handlers got.
    private(set) var handled: [Request] = []
    /// While false, answers are kept back until `sendAnswers`.
    var canWrite = true
    /// While false, requests wait for `answer`.
    var answersAtOnce = true
    private var unsent = 0
    var now: Moment

    static let serializer = ResponseSerializer(serverName: "test")
    static let date = Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8)

    convenience init(routes: [Route] = TestRoutes.all, configure: (inout ServerConfiguration) -> Void = { _ in }) throws
    {
        var configuration = ServerConfiguration()
        configure(&configuration)
        self.init(policy: ConnectionPolicy(configuration: configuration, router: try Router(routes)))
    }

    init(policy: ConnectionPolicy) {
        now = .now
        machine = ConnectionMachine(policy: policy, peer: "192.0.2.1", now: now)
    }

    /// The answers written so far, interim ones left out; nil when they cannot be read.
    func answers(bodyless: Set<Int> = []) -> [ParsedAnswer]? {
        ParsedAnswer.all(in: output, bodyless: bodyless)?.filter { $0.status >= 200 }
    }

    /// Of all answers in the order sent, interim ones too.
    private(set) var statuses: [Int] = []

    func receive(_ text: String) {
        receive(Array(text.utf8).span)
    }

    func receive(_ bytes: Span<UInt8>) {
        perform(machine.received(bytes, now: now))
    }

    func receiveEnd() {
        perform(machine.receivedEnd(now: now))
    }

    func answer(_ response: Response) {
        perform(machine.answered(response, now: now))
    }

    func sendAnswers() {
        canWrite = true
        for _ in 0..<unsent {
            unsent -= 1
            perform(machine.sent(now: now))
        }
    }

    func outputWaits() {
        machine.outputWaits(now: now)
    }

    func writeOutput() {
        perform(machine.outputWritten(now: now))
    }

    func drain(grace: Duration) {
        machine.drain(grace: grace)
    }

    func peerVanishes() {
        perform(machine.peerVanished())
    }

    func refuse() {
        perform(machine.refuse(now: now))
    }

    /// Moves the clock, and lets the machine act on it.
    func advance(by duration: Duration) {
        now += duration
        perform(machine.deadlinePassed(now: now))
    }

    private func perform(_ first: ConnectionMachine.Action) {
        var action = first
        while true {
            switch action {
            case .none: return
            case .handle(let request, let route):
                handled.append(request)
                guard answersAtOnce, let response = Self.call(route, request) else { return }
                action = machine.answered(response, now: now)
            case .send(let answer):
                statuses.append(answer.response.status.code)
                if Self.serializer.appendHead(of: answer, date: Self.date, to: &output) {
                    output += answer.response.body
                }
                guard canWrite else {
                    unsent += 1
                    return
                }
                action = machine.sent(now: now)
            case .sendContinue:
                statuses.append(100)
                output += ResponseSerializer.continueHead
                return
            case .checkPeer:
                peerChecks += 1
                return
            case .endOutput:
                hasEnded = true
                return
            case .close:
                hasEnded = true
                isClosed = true
                return
            }
        }
    }

    private static func call(_ route: Route, _ request: Request) -> Response? {
        let slot = ResponseSlot()
        _ = route.serve(request) { slot.put($0) }
        return slot.value
    }
}

/// Where a handler that answers at once leaves its response.
private final class ResponseSlot: Sendable {
    private let response = Mutex<Response?>(nil)

    var value: Response? { response.withLock { $0 } }

    func put(_ new: Response) {
        response.withLock { $0 = new }
    }
}
