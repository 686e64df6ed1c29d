import Glibc

/// A file that the user named.
enum InputFile {
    struct Failure: Error, CustomStringConvertible {
        let description: String

        /// The reason of the last failed system call.
        static var system: Failure { Failure(description: String(cString: strerror(errno))) }
    }

    /// All bytes of a file.
    ///
    /// - Parameter limit: the most that is read; a longer file is an error.
    static func read(_ path: String, limit: Int = 1 << 30) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw Failure(description: "is a folder, not a file") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(limit, max(0, Int(status.st_size))))
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .system
            }
            guard bytes.count + count <= limit else { throw Failure(description: "is longer than \(limit) bytes") }
            bytes += chunk[..<count]
        }
    }
}
