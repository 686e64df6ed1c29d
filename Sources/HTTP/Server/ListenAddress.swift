import Glibc

/// Where a server listens. Host names are not looked up: a static executable has no resolver.
enum ListenAddress: Equatable {
    case ipv4(String, port: UInt16)
    case ipv6(String, port: UInt16)
    case unix(path: String)

    init(_ configuration: ServerConfiguration) throws(ServerError) {
        if let path = configuration.unixSocketPath {
            // One byte of sun_path is for its end.
            guard !path.isEmpty, path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
                throw .badAddress(path)
            }
            self = .unix(path: path)
            return
        }
        let host = configuration.host == "localhost" ? "127.0.0.1" : configuration.host
        var buffer = in6_addr()
        if inet_pton(AF_INET, host, &buffer) == 1 {
            self = .ipv4(host, port: configuration.port)
        } else if inet_pton(AF_INET6, host, &buffer) == 1 {
            self = .ipv6(host, port: configuration.port)
        } else {
            throw .badAddress(configuration.host)
        }
    }

    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Calls `body` with the address as the system calls want it.
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch self {
        case .ipv4(let host, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            inet_pton(AF_INET, host, &address.sin_addr)
            return Self.rebound(&address, body)
        case .ipv6(let host, let port):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, host, &address.sin6_addr)
            return Self.rebound(&address, body)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return Self.rebound(&address, body)
        }
    }

    private static func rebound<Address, Result>(
        _ address: inout Address,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    var description: String {
        switch self {
        case .ipv4(let host, let port): "\(host):\(port)"
        case .ipv6(let host, let port): "[\(host)]:\(port)"
        case .unix(let path): path
        }
    }
}
