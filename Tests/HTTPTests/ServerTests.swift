import HTTP
import Testing

@Suite struct ServerTests {
    @Test func answersAGet() throws {
        let server = try TestServer()
        let client = try RawClient(port: server.port)
        try client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let answers = try #require(ParsedAnswer.all(in: try client.receiveAll()))
        #expect(answers.map(\.status) == [200])
        #expect(answers.map(\.body) == ["hello"])
        client.close()
        server.stop()
    }
}
