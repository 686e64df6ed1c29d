import Glibc

/// A file that is written beside its place and put there by renaming, so that nobody ever sees half of it.
final class ReplacementFile {
    private let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private var isCommitted = false

    init(path: String) throws(CheckpointError) {
        self.path = path
        temporaryPath = "\(path).\(getpid()).partial"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CheckpointError(systemError: errno, path: temporaryPath, action: "write") }
    }

    /// Writes a whole file.
    static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
        let file = try ReplacementFile(path: path)
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(CheckpointError) in try file.write(bytes) }
        try file.commit()
    }

    deinit {
        close(descriptor)
        if !isCommitted {
            unlink(temporaryPath)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw CheckpointError(systemError: errno, path: temporaryPath, action: "write")
            }
            rest = rest.dropFirst(written)
        }
    }

    /// Puts the file in its place.
    func commit() throws(CheckpointError) {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
            throw CheckpointError(systemError: errno, path: path, action: "write")
        }
        isCommitted = true
    }
}
