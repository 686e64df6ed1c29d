import Glibc

/// One blocking `GET /readyz`.
struct ReadinessProbe {
    struct Failure: Error {
        let reason: String

        fileprivate static func notNumeric(_ host: String) -> Failure {
            Failure(reason: "\(host) is no numeric address")
        }

        /// The last failed system call, and why it failed.
        fileprivate static func system(_ operation: String) -> Failure {
            Failure(reason: "\(operation): \(String(cString: strerror(errno)))")
        }
    }

    /// Where a service listens.
    enum Address: CustomStringConvertible {
        /// A numeric address or "localhost".
        case network(host: String, port: UInt16)
        /// The path of a Unix-domain socket.
        case unix(String)

        var description: String {
            switch self {
            case .network(let host, let port): "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
            case .unix(let path): "unix:\(path)"
            }
        }
    }

    let address: Address
    /// For each of connecting, sending and receiving.
    let timeout: Duration

    /// The status of the answer.
    func status() throws(Failure) -> Int {
        let descriptor = try connected()
        defer { close(descriptor) }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw .system("send")
        }
        // "HTTP/1.1 200" is all that is read of the answer.
        var buffer = [UInt8](repeating: 0, count: 12)
        var filled = 0
        while filled < buffer.count {
            let count = buffer.withUnsafeMutableBytes { bytes in
                recv(descriptor, bytes.baseAddress.map { $0 + filled }, bytes.count - filled, 0)
            }
            guard count > 0 else { throw count == 0 ? Failure(reason: "connection closed") : .system("receive") }
            filled += count
        }
        let line = String(decoding: buffer, as: UTF8.self)
        guard line.hasPrefix("HTTP/1.1 "), let status = Int(line.suffix(3)) else {
            throw Failure(reason: "the answer is not HTTP")
        }
        return status
    }

    private func connected() throws(Failure) -> Int32 {
        switch address {
        case .unix(let path):
            return try connected(AF_UNIX, to: Self.unixAddress(path))
        case .network(let host, let port) where host.contains(":"):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            guard inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { throw .notNumeric(host) }
            return try connected(AF_INET6, to: address)
        case .network(let host, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            let number = host == "localhost" ? "127.0.0.1" : host
            guard inet_pton(AF_INET, number, &address.sin_addr) == 1 else { throw .notNumeric(host) }
            return try connected(AF_INET, to: address)
        }
    }

    private func connected<SocketAddress>(_ family: Int32, to address: SocketAddress) throws(Failure)
        -> Int32
    {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket") }
        let (seconds, attoseconds) = timeout.components
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        let status = withUnsafeBytes(of: address) { bytes in
            bytes.bindMemory(to: sockaddr.self).baseAddress.map { connect(descriptor, $0, socklen_t(bytes.count)) }
                ?? -1
        }
        guard status == 0 else {
            let failure = Failure.system("connect")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    private static func unixAddress(_ path: String) throws(Failure) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            // The rest stays zero and ends the path.
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw Failure(reason: "the path is too long for a socket") }
        return address
    }
}
