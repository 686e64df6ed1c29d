import Glibc

/// One blocking `GET /readyz`.
struct ReadinessProbe {
    struct Failure: Error {
        let reason: String

        /// The last failed system call, and why it failed.
        fileprivate static func system(_ operation: String) -> Failure {
            Failure(reason: "\(operation): \(String(cString: strerror(errno)))")
        }
    }

    let host: String
    let port: UInt16
    /// For each of connecting, sending and receiving.
    let timeout: Duration

    /// The status of the answer.
    func status() throws(Failure) -> Int {
        let descriptor = try connected()
        defer { close(descriptor) }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
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
        let isIPv6 = host.contains(":")
        let descriptor = socket(
            isIPv6 ? AF_INET6 : AF_INET,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        guard descriptor >= 0 else { throw .system("socket") }
        do throws(Failure) {
            let (seconds, attoseconds) = timeout.components
            var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
            guard try (isIPv6 ? connectIPv6(descriptor) : connectIPv4(descriptor)) == 0 else {
                throw .system("connect")
            }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func connectIPv4(_ descriptor: Int32) throws(Failure) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &address.sin_addr) == 1 else {
            throw Failure(reason: "\(host) is no numeric address")
        }
        return Self.connect(descriptor, &address)
    }

    private func connectIPv6(_ descriptor: Int32) throws(Failure) -> Int32 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        guard inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else {
            throw Failure(reason: "\(host) is no numeric address")
        }
        return Self.connect(descriptor, &address)
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        withUnsafeBytes(of: &address) { bytes in
            guard let pointer = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
            return Glibc.connect(descriptor, pointer, socklen_t(bytes.count))
        }
    }
}
