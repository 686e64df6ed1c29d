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
        var head: [UInt8] = []
        _ = ResponseSerializer(serverName: "").appendHead(of: answer, date: [], to: &head)
        var response = answer.response
        response.fields = try Self.fields(of: String(decoding: head, as: UTF8.self))
        return response
    }

    /// The fields of a head, as a client reads them.
    private static func fields(of head: String) throws -> HTTPFields {
        var fields = HTTPFields()
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ": ", maxSplits: 1)
            let name = try #require(HTTPField.Name(String(parts[0])))
            fields.append(HTTPField(name: name, value: parts.count > 1 ? String(parts[1]) : ""))
        }
        return fields
    }

    struct NoAnswer: Error {}
}
