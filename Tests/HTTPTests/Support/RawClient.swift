import Glibc

/// A blocking TCP client that sends and receives bytes as they are.
final class RawClient {
    struct Failure: Error {
        let operation: String
        let code: Int32
    }

    private let descriptor: Int32
    private var isOpen = true

    /// Connects to this machine. Each receive waits at most `timeout` seconds.
    convenience init(port: UInt16, timeout: Int = 5, receiveBuffer: Int32? = nil) throws {
        try self.init(family: AF_INET, timeout: timeout, receiveBuffer: receiveBuffer) { descriptor in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
            return Self.with(&address) { connect(descriptor, $0, $1) }
        }
    }

    convenience init(ipv6Port port: UInt16) throws {
        try self.init(family: AF_INET6, timeout: 5, receiveBuffer: nil) { descriptor in
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, "::1", &address.sin6_addr)
            return Self.with(&address) { connect(descriptor, $0, $1) }
        }
    }

    convenience init(unixPath: String) throws {
        try self.init(family: AF_UNIX, timeout: 5, receiveBuffer: nil) { descriptor in
            var address = Self.address(unixPath: unixPath)
            return Self.with(&address) { connect(descriptor, $0, $1) }
        }
    }

    private init(family: Int32, timeout: Int, receiveBuffer: Int32?, connect: (Int32) -> Int32) throws {
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "socket", code: errno) }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        guard connect(descriptor) == 0 else {
            let code = errno
            close()
            throw Failure(operation: "connect", code: code)
        }
    }

    /// Leaves a socket file behind, as a process that was killed does.
    static func bindAndAbandon(unixPath: String) throws -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = Self.address(unixPath: unixPath)
        return Self.with(&address) { bind(descriptor, $0, $1) } == 0
    }

    private static func address(unixPath: String) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: unixPath.utf8) }
        return address
    }

    private static func with<Address>(
        _ address: inout Address,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    deinit {
        close()
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(operation: "send", code: errno) }
            sent += count
        }
    }

    /// Some bytes; empty at the end of the stream.
    func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Failure(operation: "recv", code: errno) }
        return Array(buffer[..<count])
    }

    /// All that comes until the server ends the stream.
    func receiveAll() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = try receive()
            guard !more.isEmpty else { return bytes }
            bytes += more
        }
    }

    /// What is received until `isEnough`, or until the stream ends.
    func receive(until isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while !isEnough(bytes) {
            let more = try receive()
            guard !more.isEmpty else { break }
            bytes += more
        }
        return bytes
    }

    func endOutput() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends the connection by a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }
}
