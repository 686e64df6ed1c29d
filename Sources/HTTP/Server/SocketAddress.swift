import Glibc

/// What the kernel says of a socket's address.
extension sockaddr_storage {
    /// The address that a socket is bound to.
    static func bound(to descriptor: Int32) -> sockaddr_storage? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? storage : nil
    }

    /// 0 where the family has none.
    var port: UInt16 {
        withUnsafeBytes(of: self) { bytes in
            switch Int32(ss_family) {
            case AF_INET: UInt16(bigEndian: bytes.load(as: sockaddr_in.self).sin_port)
            case AF_INET6: UInt16(bigEndian: bytes.load(as: sockaddr_in6.self).sin6_port)
            default: 0
            }
        }
    }

    /// The address as digits; nil where the family has none.
    var numericHost: String? {
        let offset =
            switch Int32(ss_family) {
            case AF_INET: MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)
            case AF_INET6: MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)
            default: nil as Int?
            }
        guard let offset else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let succeeded = withUnsafeBytes(of: self) { bytes in
            bytes.baseAddress.map { inet_ntop(Int32(ss_family), $0 + offset, &text, socklen_t(text.count)) != nil }
        }
        guard succeeded == true, let end = text.firstIndex(of: 0) else { return nil }
        return String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Of a Unix-domain socket; empty for one without a name in the file system.
    var path: String {
        guard let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) else { return "" }
        return withUnsafeBytes(of: self) { bytes in
            String(decoding: bytes[offset...].prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
