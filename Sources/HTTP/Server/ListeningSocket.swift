import Glibc

/// A bound socket in the listening state.
struct ListeningSocket {
    /// One accept.
    enum Accepted {
        case connection(descriptor: Int32, peer: String)
        /// Nobody waits.
        case none
        /// This one failed by itself; the next may succeed.
        case lost
        /// There are no descriptors or no memory left, or the like: try again later.
        case impossible
    }

    let descriptor: Int32
    let address: ListenAddress
    /// The bound port; 0 for a Unix-domain socket.
    let port: UInt16
    /// Whether the file of a Unix-domain socket goes when it is closed.
    let ownsFile: Bool

    private static let backlog: Int32 = 4096

    init(_ address: ListenAddress) throws(ServerError) {
        func check(_ succeeded: Bool, _ operation: String, closing descriptor: Int32? = nil) throws(ServerError) {
            guard !succeeded else { return }
            let code = errno
            if let descriptor { Glibc.close(descriptor) }
            throw ServerError(operation: operation, address: "\(address)", code: code)
        }
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        try check(descriptor >= 0, "socket")
        try check(Socket.makeNonBlocking(descriptor), "fcntl", closing: descriptor)
        switch address {
        case .unix(let path):
            guard Self.isFree(path, address) else {
                Glibc.close(descriptor)
                throw .fileInTheWay(path)
            }
        case .ipv4, .ipv6:
            Self.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
            // Accepted sockets inherit it.
            Self.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        }
        if case .ipv6 = address { Self.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        try check(address.withSocketAddress { bind(descriptor, $0, $1) } == 0, "bind", closing: descriptor)
        try check(listen(descriptor, Self.backlog) == 0, "listen", closing: descriptor)
        self.init(
            descriptor: descriptor,
            address: address,
            port: sockaddr_storage.bound(to: descriptor)?.port ?? 0,
            ownsFile: true
        )
    }

    init(descriptor: Int32, address: ListenAddress, port: UInt16, ownsFile: Bool) {
        self.descriptor = descriptor
        self.address = address
        self.port = port
        self.ownsFile = ownsFile
    }

    func accept() -> Accepted {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let accepted = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.accept(descriptor, $0, &length) }
        }
        guard accepted >= 0 else {
            switch errno {
            case EAGAIN: return .none
            // What became of that connection (accept(2) tells errors of the network here).
            case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH: return .lost
            default: return .impossible
            }
        }
        guard Socket.makeNonBlocking(accepted) else {
            Glibc.close(accepted)
            return .lost
        }
        return .connection(descriptor: accepted, peer: peerName(storage))
    }

    func close() {
        Glibc.close(descriptor)
        if ownsFile, case .unix(let path) = address { unlink(path) }
    }

    /// Whether there is no file but perhaps a socket. One that nobody listens on is left over from a process that was
    /// killed, and is removed.
    private static func isFree(_ path: String, _ address: ListenAddress) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return true }
        guard status.st_mode & S_IFMT == S_IFSOCK else { return false }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard probe >= 0 else { return true }
        defer { Glibc.close(probe) }
        if address.withSocketAddress({ connect(probe, $0, $1) }) != 0 && errno == ECONNREFUSED { unlink(path) }
        return true
    }

    static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The peer's numeric address, an IPv4 one that came through an IPv6 socket in its IPv4 form.
    private func peerName(_ storage: sockaddr_storage) -> String {
        if case .unix(let path) = address { return path }
        let name = storage.numericHost ?? ""
        return name.hasPrefix("::ffff:") ? String(name.dropFirst(7)) : name
    }
}
