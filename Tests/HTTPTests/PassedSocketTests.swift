import Glibc
import HTTP
import HTTPTypes
import Testing

/// Sockets that another process opened, as systemd passes them.
@Suite struct PassedSocketTests {
    private static let announcement = ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:local"]

    @Test func descriptorsFollowStandardError() throws {
        #expect(
            try PassedSocket.announced(process: 7) { Self.announcement[$0] }
                == [PassedSocket(descriptor: 3, name: "web"), PassedSocket(descriptor: 4, name: "local")]
        )
    }

    @Test func namesMayBeMissing() throws {
        var variables = Self.announcement
        variables["LISTEN_FDNAMES"] = nil
        #expect(
            try PassedSocket.announced(process: 7) { variables[$0] }.map(\.name) == ["unknown", "unknown"]
        )
    }

    @Test(arguments: [
        [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "8", "LISTEN_FDS": "1"], ["LISTEN_PID": "7"],
        ["LISTEN_PID": "7", "LISTEN_FDS": "0"],
    ])
    func whatIsForNobodyHereIsLeftAlone(variables: [String: String]) throws {
        #expect(try PassedSocket.announced(process: 7) { variables[$0] }.isEmpty)
    }

    @Test(arguments: ["", "x", "-1", "65", "99999999999999999999"])
    func aCountThatMakesNoSenseIsExplained(count: String) {
        let variables = ["LISTEN_PID": "7", "LISTEN_FDS": count]
        let error = #expect(throws: ServerError.self) { try PassedSocket.announced(process: 7) { variables[$0] } }
        #expect("\(error.map { "\($0)" } ?? "")".contains("LISTEN_FDS=\(count): it is no number from 0 to 64"))
    }

    @Test func allPassedSocketsAreServed() throws {
        let path = "/tmp/http-tests-passed-\(getpid()).socket"
        defer { unlink(path) }
        let network = try ListeningDescriptor.loopback()
        let local = try ListeningDescriptor.unix(path: path)
        let server = try TestServer {
            $0.passedSockets = [network, local].map { PassedSocket(descriptor: $0, name: "test") }
            // Not listened on: the address belongs to no interface.
            $0.host = "192.0.2.1"
        }
        #expect(server.port > 0)
        for client in [try RawClient(port: server.port), try RawClient(unixPath: path)] {
            try client.send(ServerTests.get)
            #expect(ParsedAnswer.all(in: try client.receive(until: ServerTests.holds(1)))?.map(\.status) == [200])
        }
        server.stop()
        #expect(server.observer.current.records.map(\.peer).sorted() == [path, "127.0.0.1"].sorted())
        // The file belongs to whoever made it.
        #expect(access(path, F_OK) == 0)
        #expect(throws: RawClient.Failure.self) { _ = try RawClient(port: server.port) }
    }

    /// Whoever made the socket still has it, and what comes meanwhile waits for the next process.
    @Test func clientsWaitWhileNobodyServes() throws {
        let descriptor = try ListeningDescriptor.loopback()
        defer { close(descriptor) }
        let first = try TestServer { $0.passedSockets = [PassedSocket(descriptor: dup(descriptor), name: "test")] }
        first.stop()
        let client = try RawClient(port: first.port)
        try client.send(ServerTests.get)
        let second = try TestServer { $0.passedSockets = [PassedSocket(descriptor: dup(descriptor), name: "test")] }
        defer { second.stop() }
        #expect(ParsedAnswer.all(in: try client.receive(until: ServerTests.holds(1)))?.map(\.status) == [200])
    }

    @Test func whatDoesNotListenIsRefused() throws {
        let datagrams = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let idle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { [datagrams, idle].forEach { close($0) } }
        for (descriptor, reason) in [
            (datagrams, "is no stream socket that listens"), (idle, "is no stream socket that listens"),
            (9999, "is not open"),
        ] {
            let error = #expect(throws: ServerError.self) {
                _ = try TestServer { $0.passedSockets = [PassedSocket(descriptor: descriptor, name: "odd")] }
            }
            #expect(error == .badPassedSocket("odd", reason: "descriptor \(descriptor) \(reason)"))
        }
    }
}

/// Listening sockets as the parent of a server makes them: blocking, and of no interest to the server's own code.
private enum ListeningDescriptor {
    static func loopback() throws -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        return try listening(AF_INET, &address)
    }

    static func unix(path: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return try listening(AF_UNIX, &address)
    }

    private static func listening<Address>(_ family: Int32, _ address: inout Address) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
        guard isBound, listen(descriptor, 16) == 0 else { throw RawClient.Failure(operation: "listen", code: errno) }
        return descriptor
    }
}
