import Dispatch
import Glibc
import Synchronization

/// A thread of our own for CPU work, with a mailbox: never Swift's cooperative pool, whose threads must not block.
final class WorkerThread<Message: Sendable>: Sendable {
    private let mailbox = Mutex<[Message]>([])
    private let arrived = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Deep enough for any decoder and kernel; the pages are only used when touched.
    private static var stackBytes: Int { 8 << 20 }

    /// Starts the thread; it runs `body`, which takes messages with `receive`, and ends with it.
    init(body: @escaping @Sendable (WorkerThread<Message>) -> Void) throws(ThreadStartError) {
        let main = ThreadMain { [self] in
            body(self)
            ended.signal()
        }
        let box = Unmanaged.passRetained(main)
        let status = withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { buffer in
            guard let attributes = buffer.baseAddress else { return ENOMEM }
            pthread_attr_init(attributes)
            defer { pthread_attr_destroy(attributes) }
            pthread_attr_setstacksize(attributes, Self.stackBytes)
            pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
            var handle = pthread_t()
            return pthread_create(&handle, attributes, runThreadMain, box.toOpaque())
        }
        guard status == 0 else {
            box.release()
            throw ThreadStartError(code: status)
        }
    }

    func send(_ message: Message) {
        mailbox.withLock { $0.append(message) }
        arrived.signal()
    }

    /// The oldest message, waiting for one if need be. Only for the thread itself.
    func receive() -> Message {
        while true {
            arrived.wait()
            if let message = mailbox.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return message }
        }
    }

    /// Waits until the body has returned. Only one caller may wait.
    func join() {
        ended.wait()
    }
}

/// The closure that a C start routine cannot capture.
private final class ThreadMain: Sendable {
    let body: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

/// The C start routine of every worker: runs the retained `ThreadMain` that it is given.
private func runThreadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument {
        Unmanaged<ThreadMain>.fromOpaque(argument).takeRetainedValue().body()
    }
    return nil
}

/// The system would not start another thread.
package struct ThreadStartError: Error, CustomStringConvertible {
    let code: Int32

    package var description: String {
        "cannot start a worker thread (error \(code)): raise the limit on processes, or give fewer --threads"
    }
}
