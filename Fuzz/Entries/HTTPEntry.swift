import HTTP
import HTTPTypes
import Synchronization

/// What a client sends on one connection: the verdict depends on the bytes, never on how they were cut.
///
/// The first byte of the input says where the rest is cut.
enum HTTPEntry {
    /// What came of a connection.
    private struct Outcome: Equatable {
        var statuses: [Int] = []
        var requests: [String] = []
        var hasEnded = false
    }

    private final class Slot: Sendable {
        let response = Mutex<Response?>(nil)
    }

    private static let policy: ConnectionPolicy? = {
        var configuration = ServerConfiguration()
        // Small, so that the limits are met too.
        configuration.maxHeadBytes = 512
        configuration.maxTargetBytes = 128
        configuration.maxFields = 8
        configuration.maxPipelinedBytes = 1 << 20
        let routes = [
            Route(.get, "/items/{name}") { $0.respond(.text($0.request.query["q"] ?? "none")) },
            Route(.post, "/echo", bodyLimit: 64) { $0.respond(Response(status: .ok, body: $0.request.body)) },
        ]
        return (try? Router(routes)).map { ConnectionPolicy(configuration: configuration, router: $0) }
    }()

    static func run(_ bytes: [UInt8]) {
        guard let policy, let first = bytes.first else { return }
        let input = bytes.dropFirst()
        let step = max(1, Int(first) * input.count / 256)
        let whole = outcome(of: [input], policy)
        let pieces = stride(from: input.startIndex, to: input.endIndex, by: step).map { start in
            input[start..<min(start + step, input.endIndex)]
        }
        precondition(outcome(of: pieces, policy) == whole, "the cuts change the verdict")
    }

    private static func outcome(of pieces: [ArraySlice<UInt8>], _ policy: ConnectionPolicy) -> Outcome {
        let start = Moment.now
        var machine = ConnectionMachine(policy: policy, peer: "192.0.2.1", now: start)
        var outcome = Outcome()
        for piece in pieces where !outcome.hasEnded {
            var action = machine.received(piece.span, now: start)
            while step(&action, &machine, &outcome, now: start) {}
        }
        // Frees what the connection holds of the policy's budget.
        _ = machine.closed()
        return outcome
    }

    /// Performs an action; returns whether another follows.
    private static func step(
        _ action: inout ConnectionMachine.Action,
        _ machine: inout ConnectionMachine,
        _ outcome: inout Outcome,
        now: Moment
    ) -> Bool {
        switch action {
        case .none, .sendContinue, .checkPeer: return false
        case .handle(let request, let route):
            outcome.requests.append(
                "\(request.method) \(request.path) \(request.query) \(request.fields) \(request.body)"
            )
            action = machine.answered(answer(of: route, to: request), now: now)
            return true
        case .send(let answer):
            outcome.statuses.append(answer.response.status.code)
            check(answer)
            action = machine.sent(now: now)
            return true
        case .endOutput, .close:
            outcome.hasEnded = true
            return false
        }
    }

    private static func answer(of route: Route, to request: Request) -> Response {
        let slot = Slot()
        _ = route.serve(request) { response in slot.response.withLock { $0 = response } }
        guard let response = slot.response.withLock({ $0 }) else { preconditionFailure("a request without an answer") }
        return response
    }

    /// A head has the lines that it says, whatever of the request it repeats.
    private static func check(_ answer: Answer) {
        var head: [UInt8] = []
        _ = ResponseSerializer(serverName: "fuzz").appendHead(of: answer, date: Array("today".utf8), to: &head)
        precondition(head.suffix(4).elementsEqual("\r\n\r\n".utf8), "a head without an end")
        let lineFeeds = head.indices.filter { head[$0] == 0x0A }
        precondition(lineFeeds.allSatisfy { $0 > 0 && head[$0 - 1] == 0x0D }, "a bare line feed")
        precondition(head.count { $0 == 0x0D } == lineFeeds.count, "a bare carriage return")
    }
}
