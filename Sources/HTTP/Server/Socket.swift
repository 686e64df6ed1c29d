import Glibc

/// The system calls of a non-blocking stream socket, as values.
enum Socket {
    enum Transfer: Equatable {
        case bytes(Int)
        case wouldBlock
        case ended
        case failed
    }

    static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .ended }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed
            }
        }
    }

    /// Writes from both buffers in order, as much as the socket takes; a broken pipe is an error, never a signal.
    static func write(_ descriptor: Int32, _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) -> Transfer {
        guard !body.isEmpty else {
            return written { send(descriptor, head.baseAddress, head.count, Int32(MSG_NOSIGNAL)) }
        }
        // The kernel only reads through these pointers.
        var vectors = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: body.baseAddress), iov_len: body.count)
        )
        return withUnsafeMutableBytes(of: &vectors) { vectors in
            var message = msghdr()
            message.msg_iov = vectors.baseAddress?.assumingMemoryBound(to: iovec.self)
            message.msg_iovlen = 2
            return written { sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// What became of a system call that writes.
    private static func written(_ call: () -> Int) -> Transfer {
        while true {
            let count = call()
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed
            }
        }
    }

    /// Whether the peer reset the connection, without reading from it.
    static func isBroken(_ descriptor: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0 && Int32(poll.revents) & (POLLERR | POLLHUP) != 0
    }

    /// Bytes that were written and that the peer has not acknowledged; nil when the system does not tell.
    static func unacknowledgedBytes(_ descriptor: Int32) -> Int? {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : nil
    }

    static func endOutput(_ descriptor: Int32) {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Makes every call on the descriptor return at once, and keeps it out of child processes.
    static func makeNonBlocking(_ descriptor: Int32) -> Bool {
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
            && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    }
}
