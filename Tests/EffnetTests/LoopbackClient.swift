import Foundation

/// One HTTP request over loopback.
enum LoopbackClient {
    struct Failure: Error {
        var operation: String
    }

    /// The whole answer, head and body.
    static func post(port: UInt16, path: String, fields: String = "", body: [UInt8]) throws -> String {
        let framing = "Connection: close\r\nContent-Length: \(body.count)\r\n"
        let head = "POST \(path) HTTP/1.1\r\nHost: test\r\n\(framing)\(fields)\r\n"
        return try exchange(port: port, bytes: Array(head.utf8) + body)
    }

    static func get(port: UInt16, path: String) throws -> String {
        try exchange(port: port, bytes: Array("GET \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".utf8))
    }

    private static func exchange(port: UInt16, bytes: [UInt8]) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "socket") }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let status = withUnsafeBytes(of: &address) { raw in
            raw.bindMemory(to: sockaddr.self).baseAddress.map { connect(descriptor, $0, socklen_t(raw.count)) } ?? -1
        }
        guard status == 0 else { throw Failure(operation: "connect") }
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure(operation: "send")
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count >= 0 else { throw Failure(operation: "receive") }
            if count == 0 { return String(decoding: answer, as: UTF8.self) }
            answer += chunk[..<count]
        }
    }
}
