internal import Glibc

/// Threads of our own for CPU work, which never runs on Swift's cooperative pool: its threads must not block.
package enum SystemThread {
    /// Deep enough for any decoder and kernel; the pages are only used when touched.
    private static var stackBytes: Int { 8 << 20 }

    /// Starts a detached thread that ends with `body`.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(ThreadStartError) {
        let box = Unmanaged.passRetained(ThreadMain(body: body))
        let status = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { buffer in
            guard let attributes = buffer.baseAddress else { return ENOMEM }
            pthread_attr_init(attributes)
            defer { pthread_attr_destroy(attributes) }
            pthread_attr_setstacksize(attributes, stackBytes)
            pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
            var handle = pthread_t()
            return pthread_create(&handle, attributes, runThreadMain, box.toOpaque())
        }
        guard status == 0 else {
            box.release()
            throw ThreadStartError(code: status)
        }
    }
}

/// The closure that a C start routine cannot capture.
private final class ThreadMain: Sendable {
    let body: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

/// The C start routine of every thread: runs the retained `ThreadMain` that it is given.
private func runThreadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument {
        Unmanaged<ThreadMain>.fromOpaque(argument).takeRetainedValue().body()
    }
    return nil
}

/// The system would not start another thread.
package struct ThreadStartError: Error, CustomStringConvertible {
    /// The system's error number.
    package let code: Int32

    package var description: String {
        "cannot start another thread (error \(code)): raise the limit on processes, or give fewer --threads"
    }
}
