import Glibc
import ModelGraph

/// A file's bytes, mapped read-only into memory: pages are read when they are touched, and shared between processes.
///
/// The file must not be shortened or overwritten while it is mapped (touching a lost page ends the process); who
/// replaces a model puts the new file in its place by renaming.
package final class MappedFile: ByteStorage, @unchecked Sendable {
    /// Never written to, and unmapped only when the object ends: hence safe to share.
    package let bytes: UnsafeRawBufferPointer

    /// - Parameter limit: bytes accepted at most.
    package init(path: String, limit: Int) throws(CheckpointError) {
        // Without O_NONBLOCK, opening a named pipe would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(errno, path: path) }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(errno, path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(
                .inaccessible,
                path: path,
                problem: "this is not a regular file",
                remedy: "Name a file, or a link to one"
            )
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            throw CheckpointError(
                .malformed,
                path: path,
                problem: "the file is empty",
                remedy: "Fetch it again; the download may have failed"
            )
        }
        guard size <= limit else {
            throw CheckpointError(
                .tooLarge,
                path: path,
                problem: "the file has \(size) bytes, and at most \(limit) are accepted",
                remedy: "Check that this is the file you meant"
            )
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw Self.failure(errno, path: path)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }

    private static func failure(_ code: Int32, path: String) -> CheckpointError {
        code == ENOENT || code == ENOTDIR
            ? CheckpointError(
                .notFound,
                path: path,
                problem: "there is no such file",
                remedy: "Check the path"
            ) : CheckpointError(systemError: code, path: path, action: "read")
    }
}

extension CheckpointError {
    /// What the operating system said when it refused.
    ///
    /// - Parameter action: "read" or "write".
    init(systemError code: Int32, path: String, action: String) {
        self.init(
            .inaccessible,
            path: path,
            problem: "the file cannot be \(action == "read" ? "read" : "written"): \(String(cString: strerror(code)))",
            remedy: "Check that this process may \(action) it"
        )
    }
}
