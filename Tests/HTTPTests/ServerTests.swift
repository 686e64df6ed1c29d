import Glibc
import HTTP
import HTTPTypes
import Testing

/// The server over loopback sockets.
@Suite struct ServerTests {
    static let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    static let held = "POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"

    static func post(_ path: String, length: Int, fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\(fields)\r\n"
    }

    /// Whether `bytes` hold `count` whole answers.
    static func holds(_ count: Int) -> ([UInt8]) -> Bool {
        { bytes in (ParsedAnswer.all(in: bytes)?.count ?? 0) >= count }
    }

    @Test func keepsAConnectionAlive() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        for _ in 0..<100 {
            try client.send(Self.get)
            let answers = try #require(ParsedAnswer.all(in: try client.receive(until: Self.holds(1))))
            #expect(answers.map(\.body) == ["hello"])
        }
        #expect(server.observer.current.opened == 1)
    }

    @Test func answersPipelinedRequestsInOrder() throws {
        let held = HeldExchanges()
        let server = try TestServer(routes: TestRoutes.all + [held.route])
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(Self.held + String(repeating: Self.get, count: 500))
        #expect(held.waitForOne())
        held.answerAll(.text("first"))
        let answers = try #require(ParsedAnswer.all(in: try client.receive(until: Self.holds(501))))
        #expect(answers.map(\.body) == ["first"] + Array(repeating: "hello", count: 500))
    }

    /// Answers wait for those of requests that came with theirs, but not for requests that are held, or not yet whole.
    @Test(arguments: [Self.held, "GET /hel"])
    func pipelinedAnswersDoNotWaitForLaterOnes(later: String) throws {
        let held = HeldExchanges()
        let server = try TestServer(routes: TestRoutes.all + [held.route])
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(Self.get + Self.get + later)
        let answers = try #require(ParsedAnswer.all(in: try client.receive(until: Self.holds(2))))
        #expect(answers.map(\.body) == ["hello", "hello"])
        held.answerAll(.text("first"))
    }

    /// Each answer's bytes are counted, however many are written at once.
    @Test func countsTheBytesOfPipelinedAnswers() throws {
        let server = try TestServer()
        let client = try RawClient(port: server.port)
        try client.send(String(repeating: Self.get, count: 300))
        let bytes = try client.receive(until: Self.holds(300))
        server.stop()
        let counts = server.observer.current.records.map(\.responseBytes)
        #expect(counts == Array(repeating: bytes.count / 300, count: 300))
    }

    @Test func receivesALargeBodyWhole() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        let body = (0..<TestRoutes.bodyLimit).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        try client.send(Self.post("/echo", length: body.count))
        try client.send(body)
        let answers = try #require(ParsedAnswer.all(in: try client.receive(until: Self.holds(1))))
        #expect(answers.map(\.body) == ["\(body.count):" + String(decoding: body, as: UTF8.self)])
    }

    @Test func receivesAChunkedBodyWhole() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        var body = ""
        for size in [1, 15, 16, 4096, 100_000] {
            let chunk = String(repeating: "y", count: size)
            try client.send(String(size, radix: 16) + "\r\n" + chunk + "\r\n")
            body += chunk
        }
        try client.send("0\r\n\r\n")
        let answers = try #require(ParsedAnswer.all(in: try client.receive(until: Self.holds(1))))
        #expect(answers.map(\.body) == ["\(body.utf8.count):\(body)"])
    }

    @Test func asksForABodyBeforeItIsSent() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(Self.post("/echo", length: 3, fields: "Expect: 100-continue\r\n"))
        let interim = try client.receive(until: Self.holds(1))
        #expect(ParsedAnswer.all(in: interim)?.map(\.status) == [100])
        try client.send("abc")
        #expect(ParsedAnswer.all(in: try client.receive(until: Self.holds(1)))?.map(\.body) == ["3:abc"])
    }

    @Test func anUploadingClientReadsTheRefusal() throws {
        let server = try TestServer()
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        let body = [UInt8](repeating: 0x78, count: 8 << 20)
        try client.send(Self.post("/small", length: body.count))
        // All of it is sent before anything is read: a reset would lose the answer.
        try client.send(body)
        #expect(ParsedAnswer.all(in: try client.receiveAll())?.map(\.status) == [413])
    }

    @Test func aSlowReaderGetsALargeAnswerWhole() throws {
        let body = [UInt8](repeating: 0x7A, count: 4 << 20)
        let server = try TestServer(routes: [Route(.get, "/large") { $0.respond(Response(status: .ok, body: body)) }])
        defer { server.stop() }
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        try client.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let bytes = try client.receiveAll()
        #expect(bytes.count > body.count && bytes.suffix(body.count).elementsEqual(body))
    }

    /// The socket's buffer holds so much that the server writes nothing for longer than the timeout.
    @Test func aSlowReaderThatGoesOnIsNotCut() throws {
        let body = [UInt8](repeating: 0x7A, count: 8 << 20)
        let server = try TestServer(routes: [Route(.get, "/large") { $0.respond(Response(status: .ok, body: body)) }]) {
            $0.writeTimeout = .milliseconds(500)
        }
        defer { server.stop() }
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        try client.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        var count = 0
        for _ in 0..<40 {
            usleep(50_000)
            count += try client.receive().count
        }
        #expect(count < body.count / 2)
        #expect(try client.receiveAll().count + count > body.count)
    }

    @Test func aClientThatStopsReadingIsCut() throws {
        let body = [UInt8](repeating: 0x7A, count: 8 << 20)
        let server = try TestServer(routes: [Route(.get, "/large") { $0.respond(Response(status: .ok, body: body)) }]) {
            $0.writeTimeout = .milliseconds(200)
        }
        defer { server.stop() }
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        try client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in 0..<500 where server.observer.current.closed == 0 { usleep(10_000) }
        #expect(server.observer.current.closed == 1)
        withExtendedLifetime(client) {}
    }

    @Test func answersComeFromOtherThreads() throws {
        let held = HeldExchanges()
        let server = try TestServer(routes: [held.route])
        defer { server.stop() }
        let clients = try (0..<20).map { _ in try RawClient(port: server.port) }
        for client in clients { try client.send(Self.held) }
        for _ in clients { #expect(held.waitForOne()) }
        held.answerAll(.text("done"))
        for client in clients {
            #expect(ParsedAnswer.all(in: try client.receive(until: Self.holds(1)))?.map(\.body) == ["done"])
        }
    }

    @Test func aDroppedExchangeIsAnswered() throws {
        let server = try TestServer(routes: [Route(.get, "/hello") { _ in }])
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(Self.get + Self.get)
        let answers = try #require(ParsedAnswer.all(in: try client.receive(until: Self.holds(2))))
        #expect(answers.map(\.status) == [500, 500])
    }

    @Test func cutsASlowHead() throws {
        let server = try TestServer { $0.headTimeout = .milliseconds(100) }
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send("GET /hel")
        #expect(ParsedAnswer.all(in: try client.receiveAll())?.map(\.status) == [408])
    }

    @Test func closesAnIdleConnection() throws {
        let server = try TestServer { $0.keepAliveTimeout = .milliseconds(100) }
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(Self.get)
        #expect(ParsedAnswer.all(in: try client.receiveAll())?.map(\.status) == [200])
    }

    @Test(arguments: [true, false])
    func noticesAClientThatWent(isReset: Bool) throws {
        let held = HeldExchanges()
        let server = try TestServer(routes: [held.route])
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(Self.held)
        #expect(held.waitForOne())
        if isReset { client.reset() } else { client.close() }
        #expect(held.waitForDisconnect())
        held.answerAll(.text("nobody hears it"))
        server.stop()
        #expect(server.observer.current.records.map(\.status) == [499])
    }

    @Test func servesAClientThatEndedItsSide() throws {
        let held = HeldExchanges()
        let server = try TestServer(routes: [held.route])
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(Self.held)
        client.endOutput()
        #expect(held.waitForOne())
        held.answerAll(.text("heard"))
        #expect(ParsedAnswer.all(in: try client.receiveAll())?.map(\.body) == ["heard"])
    }

    @Test func turnsConnectionsAwayAtTheCap() throws {
        let server = try TestServer { $0.maxConnections = 1 }
        defer { server.stop() }
        let first = try RawClient(port: server.port)
        try first.send(Self.get)
        _ = try first.receive(until: Self.holds(1))
        let second = try RawClient(port: server.port)
        #expect(ParsedAnswer.all(in: try second.receiveAll())?.map(\.status) == [503])
        first.close()
        for _ in 0..<500 where server.observer.current.closed == 0 { usleep(10_000) }
        // The place is free again, though the one that was turned away has not gone yet.
        let third = try RawClient(port: server.port)
        try third.send(Self.get)
        #expect(ParsedAnswer.all(in: try third.receive(until: Self.holds(1)))?.map(\.status) == [200])
        second.close()
        #expect(server.observer.current.refused == 1)
    }

    @Test func tellsTheObserver() throws {
        let server = try TestServer { $0.identify = { "\($0?.byteCount ?? 0) bytes" } }
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send("GET /items/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let bytes = try client.receiveAll()
        client.close()
        server.stop()
        let state = server.observer.current
        #expect(state.opened == 1 && state.closed == 1 && state.refused == 0)
        let record = try #require(state.records.first)
        #expect(state.records.count == 1)
        #expect(record.method == .get)
        #expect(record.path == "/items/x")
        #expect(record.route == "/items/{name}")
        #expect(record.status == 200)
        #expect(record.requestBytes == 53)
        #expect(record.responseBytes == bytes.count)
        #expect(record.peer == "127.0.0.1")
        #expect(record.requestID == "53 bytes")
        #expect(record.duration > .zero)
    }
}
