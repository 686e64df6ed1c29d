import HTTP
import HTTPTypes
import Testing

@Suite struct ResponseSerializerTests {
    static let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

    /// The bytes of `response` as the answer to a GET.
    static func bytes(of response: Response) throws -> String {
        let driver = try MachineDriver(routes: [Route(.get, "/a") { $0.respond(response) }])
        driver.receive(get)
        return String(decoding: driver.output, as: UTF8.self)
    }

    @Test func writesStatusFieldsAndBody() throws {
        let response = Response(status: .ok, fields: [.contentType: "text/x"], body: Array("abc".utf8))
        #expect(
            try Self.bytes(of: response) == """
                HTTP/1.1 200 OK\r
                Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                Server: test\r
                Content-Type: text/x\r
                Content-Length: 3\r
                \r
                abc
                """
        )
    }

    @Test(arguments: ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0b", "\u{7F}"])
    func aValueCannotEndItsField(_ value: String) throws {
        let name = try #require(HTTPField.Name("X-Echo"))
        for field in [
            HTTPField(name: name, value: value), HTTPField(name: name, lenientValue: Array(value.utf8)),
        ] {
            var fields = HTTPFields()
            fields.append(field)
            let text = try Self.bytes(of: Response(status: .ok, fields: fields))
            #expect(text.split(separator: "\r\n").count == 5)
            #expect(!text.contains("\r\nX-Evil"))
            let controls = text.replacing("\r\n", with: "").utf8.filter { $0 < 0x20 || $0 == 0x7F }
            #expect(controls.isEmpty)
        }
    }

    @Test func aReasonCannotEndItsLine() throws {
        let status = HTTPResponse.Status(code: 299, reasonPhrase: "a\r\nX-Evil: 1")
        #expect(!(try Self.bytes(of: Response(status: status)).contains("\r\nX-Evil")))
    }

    @Test func theServerAloneFramesTheAnswer() throws {
        let fields: HTTPFields = [
            .contentLength: "99", .transferEncoding: "chunked", .connection: "keep-alive", .date: "never", .server: "x",
        ]
        let text = try Self.bytes(of: Response(status: .ok, fields: fields, body: [0x61]))
        #expect(
            text == """
                HTTP/1.1 200 OK\r
                Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                Server: test\r
                Content-Length: 1\r
                \r
                a
                """
        )
    }

    @Test func theServerAloneNamesTheRequest() throws {
        let name = try #require(HTTPField.Name("X-Request-Id"))
        let timing = try #require(HTTPField.Name("Server-Timing"))
        let response = Response(status: .ok, fields: [name: "theirs", timing: "queue;dur=1.000"])
        let driver = try MachineDriver(routes: [Route(.get, "/a") { $0.respond(response) }]) {
            $0.identify = { _ in "ours\r\nX-Evil: 1" }
        }
        driver.receive(Self.get)
        #expect(
            String(decoding: driver.output, as: UTF8.self) == """
                HTTP/1.1 200 OK\r
                Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                Server: test\r
                Server-Timing: queue;dur=1.000\r
                X-Request-Id: ours  X-Evil: 1\r
                Content-Length: 0\r
                \r

                """
        )
    }

    @Test(arguments: [204, 304])
    func someStatusesHaveNoBody(_ code: Int) throws {
        let text = try Self.bytes(of: Response(status: .init(code: code), body: [0x61]))
        #expect(text.hasSuffix("\r\nServer: test\r\n\r\n"))
    }

    @Test(arguments: [0, 100, 101, 199])
    func anInterimStatusIsNoAnswer(_ code: Int) throws {
        #expect(try Self.bytes(of: Response(status: .init(code: code))).hasPrefix("HTTP/1.1 500 "))
    }
}
