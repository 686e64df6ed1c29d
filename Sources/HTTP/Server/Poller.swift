import CEpoll
import Glibc

/// The sockets that one event loop waits for (epoll(7)), and a bell that other threads ring.
///
/// It is level-triggered: what was not read is told again. So nothing has to be said to the kernel from one request of a
/// connection to the next.
final class Poller: Sendable {
    struct Interest: OptionSet {
        let rawValue: UInt8
        static let reading = Interest(rawValue: 1)
        static let writing = Interest(rawValue: 2)
    }

    /// What became of one socket.
    struct Event {
        /// The number that it was added with.
        var token: UInt64
        var isReadable: Bool
        var isWritable: Bool
        /// Reset, or ended in both directions: told even to those who have no interest.
        var isBroken: Bool
    }

    /// Room for what one `wait` returns.
    struct Events {
        fileprivate var storage = [epoll_event](repeating: epoll_event(), count: 128)
        fileprivate(set) var count = 0

        subscript(index: Int) -> Event {
            let event = storage[index]
            return Event(
                token: event.data.u64,
                isReadable: event.events & EPOLLIN.rawValue != 0,
                isWritable: event.events & EPOLLOUT.rawValue != 0,
                isBroken: event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
            )
        }
    }

    /// The token of the bell.
    static let bellToken: UInt64 = 0

    private let queue: Int32
    private let bell: Int32

    init() throws(ServerError) {
        queue = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard queue >= 0 else { throw .system(operation: "epoll_create1", code: errno) }
        bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard bell >= 0, control(EPOLL_CTL_ADD, bell, token: Self.bellToken, .reading) else {
            throw .system(operation: "eventfd", code: errno)
        }
    }

    deinit {
        if bell >= 0 { close(bell) }
        if queue >= 0 { close(queue) }
    }

    /// Returns whether the system could take one more. A socket leaves by being closed.
    func add(_ descriptor: Int32, token: UInt64, _ interest: Interest) -> Bool {
        control(EPOLL_CTL_ADD, descriptor, token: token, interest)
    }

    func change(_ descriptor: Int32, token: UInt64, _ interest: Interest) {
        _ = control(EPOLL_CTL_MOD, descriptor, token: token, interest)
    }

    /// Waits until something happens, or the time is over.
    /// - Parameter milliseconds: nil for ever.
    func wait(for events: inout Events, milliseconds: Int?) {
        let capacity = Int32(clamping: events.storage.count)
        let timeout = milliseconds.map { Int32(clamping: $0) } ?? -1
        let count = events.storage.withUnsafeMutableBufferPointer {
            epoll_wait(queue, $0.baseAddress, capacity, timeout)
        }
        events.count = max(0, Int(count))
    }

    /// Makes `wait` return, from any thread.
    func ring() {
        eventfd_write(bell, 1)
    }

    func silenceBell() {
        var count: eventfd_t = 0
        eventfd_read(bell, &count)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, token: UInt64, _ interest: Interest) -> Bool {
        var event = epoll_event()
        if interest.contains(.reading) { event.events |= EPOLLIN.rawValue }
        if interest.contains(.writing) { event.events |= EPOLLOUT.rawValue }
        event.data.u64 = token
        return epoll_ctl(queue, operation, descriptor, &event) == 0
    }
}
