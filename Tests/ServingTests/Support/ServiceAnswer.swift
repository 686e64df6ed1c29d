import HTTP
import HTTPTypes
import Serving
import Testing

/// The answer that a client gets, with everything that the server adds; without a socket and a model.
enum ServiceAnswer {
    static func answer(
        _ method: HTTPRequest.Method,
        _ path: String,
        fields: HTTPFields = [:],
        configuration: ServiceConfiguration = ServiceConfiguration()
    ) throws -> Response {
        let policy = ConnectionPolicy(
            configuration: Service.serverConfiguration(configuration),
            router: try Router(TestService(nil).routes)
        )
        var machine = ConnectionMachine(policy: policy, peer: "192.0.2.1", now: .now)
        let lines = fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        let bytes = Array("\(method.rawValue) \(path) HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8)
        var action = machine.received(bytes.span, now: .now)
        if case .handle(let request, let route) = action {
            let answer = Promise<Response>()
            _ = route.serve(request) { answer.fulfil($0) }
            action = machine.answered(try #require(answer.wait()), now: .now)
        }
        guard case .send(let answer) = action else { throw NoAnswer() }
        return answer.response
    }

    struct NoAnswer: Error {}
}
