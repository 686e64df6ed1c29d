import Dispatch
import Engine
import Synchronization

/// A thread of our own for CPU work, with a mailbox.
final class WorkerThread<Message: Sendable>: Sendable {
    private let mailbox = Mutex<[Message]>([])
    private let arrived = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the thread; it runs `body`, which takes messages with `receive`, and ends with it.
    init(body: @escaping @Sendable (WorkerThread<Message>) -> Void) throws(ThreadStartError) {
        try SystemThread.start { [self] in
            body(self)
            ended.signal()
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
