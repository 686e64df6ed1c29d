import Dispatch
import Glibc
import HTTP
import HTTPTypes
import Testing

/// Starting, draining and stopping.
@Suite struct ServerLifecycleTests {
    static let get = ServerTests.get

    @Test func sayThatThePortIsInUse() throws {
        let server = try TestServer()
        defer { server.stop() }
        let error = #expect(throws: ServerError.self) { _ = try TestServer { $0.port = server.port } }
        #expect(error == .addressInUse("127.0.0.1:\(server.port)"))
        #expect("\(error.map { "\($0)" } ?? "")".contains("choose another port"))
    }

    @Test(arguments: ["", "example.org", "256.0.0.1", "1.2.3", "[::1]", "fe80::zz"])
    func refusesWhatIsNoAddress(_ host: String) {
        #expect(throws: ServerError.badAddress(host)) { _ = try TestServer { $0.host = host } }
    }

    @Test func refusesAnAddressOfAnotherMachine() {
        #expect(throws: ServerError.noSuchInterface("192.0.2.1:0")) { _ = try TestServer { $0.host = "192.0.2.1" } }
    }

    @Test(arguments: ["localhost", "0.0.0.0", "::"])
    func servesIPv4(on host: String) throws {
        let server = try TestServer { $0.host = host }
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(Self.get)
        #expect(ParsedAnswer.all(in: try client.receive(until: ServerTests.holds(1)))?.map(\.status) == [200])
        client.close()
        server.stop()
        #expect(server.observer.current.records.map(\.peer) == ["127.0.0.1"])
    }

    @Test(arguments: ["::", "::1"])
    func servesIPv6(on host: String) throws {
        let server = try TestServer { $0.host = host }
        defer { server.stop() }
        let client = try RawClient(ipv6Port: server.port)
        try client.send(Self.get)
        #expect(ParsedAnswer.all(in: try client.receive(until: ServerTests.holds(1)))?.map(\.status) == [200])
        client.close()
        server.stop()
        #expect(server.observer.current.records.map(\.peer) == ["::1"])
    }

    @Test func servesAUnixDomainSocketAndRemovesIt() throws {
        let path = "/tmp/http-tests-\(getpid()).socket"
        let server = try TestServer { $0.unixSocketPath = path }
        defer { server.stop() }
        #expect(server.port == 0)
        let client = try RawClient(unixPath: path)
        try client.send(Self.get)
        #expect(ParsedAnswer.all(in: try client.receive(until: ServerTests.holds(1)))?.map(\.status) == [200])
        #expect(throws: ServerError.addressInUse(path)) { _ = try TestServer { $0.unixSocketPath = path } }
        client.close()
        server.stop()
        #expect(access(path, F_OK) != 0)
    }

    @Test func takesOverASocketFileThatNobodyServes() throws {
        let path = "/tmp/http-tests-stale-\(getpid()).socket"
        let stale = try RawClient.bindAndAbandon(unixPath: path)
        #expect(stale)
        let server = try TestServer { $0.unixSocketPath = path }
        defer { server.stop() }
        let client = try RawClient(unixPath: path)
        try client.send(Self.get)
        #expect(ParsedAnswer.all(in: try client.receive(until: ServerTests.holds(1)))?.map(\.status) == [200])
    }

    @Test func leavesAFileAloneThatIsNoSocket() throws {
        let path = "/tmp/http-tests-file-\(getpid()).txt"
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY, 0o600)
        try #require(descriptor >= 0)
        close(descriptor)
        defer { unlink(path) }
        #expect(throws: ServerError.fileInTheWay(path)) { _ = try TestServer { $0.unixSocketPath = path } }
        #expect(access(path, F_OK) == 0)
        #expect(throws: ServerError.fileInTheWay("/tmp")) { _ = try TestServer { $0.unixSocketPath = "/tmp" } }
    }

    @Test func saysThatAFolderIsMissing() throws {
        let path = "/tmp/http-tests-no-such-\(getpid())/socket"
        #expect(throws: ServerError.noSuchFolder(path)) { _ = try TestServer { $0.unixSocketPath = path } }
    }

    @Test func startsOnce() throws {
        let server = try TestServer()
        defer { server.stop() }
        #expect(throws: ServerError.alreadyStarted) { _ = try server.server.start() }
    }

    @Test func refusesATableThatMakesNoSense() {
        let routes = [Route(.get, "/a/{x}") { _ in }, Route(.get, "/a/{y}") { _ in }]
        #expect(throws: RoutingError.duplicate(method: "GET", pattern: "/a/{y}")) { _ = try TestServer(routes: routes) }
    }

    @Test func drainsWithoutLosingARequest() throws {
        let held = HeldExchanges()
        let server = try TestServer(routes: TestRoutes.all + [held.route])
        defer { server.stop() }
        let working = try RawClient(port: server.port)
        try working.send(ServerTests.held)
        #expect(held.waitForOne())
        let idle = try RawClient(port: server.port)
        try idle.send(Self.get)
        _ = try idle.receive(until: ServerTests.holds(1))
        server.server.beginDrain()
        // Still accepting, and telling each client to go.
        let late = try RawClient(port: server.port)
        try late.send(Self.get)
        #expect(ParsedAnswer.all(in: try late.receiveAll())?.map(\.fields["connection"]) == ["close"])
        // The idle one is closed by itself.
        #expect(try idle.receive().isEmpty)
        held.answerAll(.text("whole"))
        let answers = try #require(ParsedAnswer.all(in: try working.receiveAll()))
        #expect(answers.map(\.body) == ["whole"])
        #expect(answers.map(\.fields["connection"]) == ["close"])
    }

    @Test func stopsWhenTheLastExchangeIsAnswered() throws {
        let held = HeldExchanges()
        let server = try TestServer(routes: [held.route])
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(ServerTests.held)
        #expect(held.waitForOne())
        let stopped = DispatchSemaphore(value: 0)
        let inner = server.server
        DispatchQueue.global().async {
            inner.stop(deadline: .now + .seconds(5))
            stopped.signal()
        }
        // Soon it listens no more; and it waits.
        var isListening = true
        for _ in 0..<500 where isListening {
            isListening = (try? RawClient(port: server.port)) != nil
            usleep(10_000)
        }
        #expect(!isListening)
        #expect(stopped.wait(timeout: .now()) == .timedOut)
        held.answerAll(.text("whole"))
        #expect(ParsedAnswer.all(in: try client.receiveAll())?.map(\.body) == ["whole"])
        client.close()
        #expect(stopped.wait(timeout: .now() + 5) == .success)
    }

    @Test func stopEndsAtTheDeadline() throws {
        let held = HeldExchanges()
        let server = try TestServer(routes: [held.route])
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        try client.send(ServerTests.held)
        #expect(held.waitForOne())
        server.stop(after: 0.1)
        #expect(held.waitForDisconnect())
        held.answerAll(.text("nobody hears it"))
        #expect(server.observer.current.closed == 1)
    }

    @Test func thePortIsFreeAfterStop() throws {
        let first = try TestServer()
        let client = try RawClient(port: first.port)
        try client.send(Self.get)
        _ = try client.receive(until: ServerTests.holds(1))
        client.close()
        first.stop()
        let second = try TestServer { $0.port = first.port }
        #expect(second.port == first.port)
    }
}
