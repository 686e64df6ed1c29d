import Glibc

/// A listening socket that the process was started with, as systemd's socket units pass them (sd_listen_fds(3)).
package struct PassedSocket: Sendable, Equatable {
    package let descriptor: Int32
    /// What its unit calls it (`FileDescriptorName=`).
    package let name: String

    /// The first one, behind standard input, output and error.
    private static let firstDescriptor: Int32 = 3
    /// More are no sensible announcement.
    private static let maxCount: Int32 = 64

    package init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// What the environment announces to this process; nothing if it announces nothing, or something to another process.
    ///
    /// - Parameter lookup: the value of an environment variable.
    package static func announced(
        process: Int32 = getpid(),
        lookup: (String) -> String?
    ) throws(ServerError) -> [PassedSocket] {
        guard lookup("LISTEN_PID") == String(process), let text = lookup("LISTEN_FDS") else { return [] }
        guard let count = Int32(text), (0...maxCount).contains(count) else {
            throw .badPassedSocket("LISTEN_FDS=\(text)", reason: "it is no number from 0 to \(maxCount)")
        }
        let names = lookup("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        return (0..<count).map { index in
            let name = Int(index) < names.count ? String(names[Int(index)]) : "unknown"
            return PassedSocket(descriptor: firstDescriptor + index, name: name)
        }
    }
}

extension ListeningSocket {
    /// Takes over a socket that already listens. The file of a Unix-domain one stays: it is its maker's.
    init(_ passed: PassedSocket) throws(ServerError) {
        let descriptor = passed.descriptor
        guard Socket.makeNonBlocking(descriptor) else {
            throw .badPassedSocket(passed.name, reason: "descriptor \(descriptor) is not open")
        }
        guard Self.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
            Self.option(descriptor, SO_ACCEPTCONN) == 1
        else {
            throw .badPassedSocket(passed.name, reason: "descriptor \(descriptor) is no stream socket that listens")
        }
        guard let storage = sockaddr_storage.bound(to: descriptor), let address = ListenAddress(storage) else {
            throw .badPassedSocket(passed.name, reason: "its address is no IPv4, IPv6 or Unix-domain one")
        }
        if address.family != AF_UNIX { Self.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
        self.init(descriptor: descriptor, address: address, port: storage.port, ownsFile: false)
    }

    private static func option(_ descriptor: Int32, _ option: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
    }
}

extension ListenAddress {
    /// The address that a socket is bound to; nil for other families.
    fileprivate init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET: self = .ipv4(storage.numericHost ?? "", port: storage.port)
        case AF_INET6: self = .ipv6(storage.numericHost ?? "", port: storage.port)
        case AF_UNIX: self = .unix(path: storage.path)
        default: return nil
        }
    }
}
