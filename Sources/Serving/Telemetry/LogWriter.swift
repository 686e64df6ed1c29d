import Dispatch
import Glibc
import Synchronization

/// Takes the lines of a log to a descriptor, so that who logs never waits for who reads: what the descriptor does not
/// take waits, bounded, and is dropped and counted beyond that.
package final class LogWriter: Sendable {
    /// The process has one.
    package static let standardError = LogWriter(descriptor: STDERR_FILENO)

    private struct State {
        var waiting: [UInt8] = []
        var isDraining = false
        var droppedLines = 0
    }

    private let descriptor: Int32
    private let maxWaitingBytes: Int
    private let state = Mutex(State())
    /// The only one that may be held up by the descriptor.
    private let queue = DispatchQueue(label: "effnet.log")

    /// Long enough that many lines share one call of the system, too short to be noticed.
    private static let gathering = DispatchTimeInterval.milliseconds(5)

    package init(descriptor: Int32, maxWaitingBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.maxWaitingBytes = maxWaitingBytes
    }

    /// Lines that found no room, or whose descriptor failed.
    package var droppedLines: Int {
        state.withLock { $0.droppedLines }
    }

    /// Takes a line, with its line feed; returns at once.
    package func write(_ line: [UInt8]) {
        let mustDrain = state.withLock { state in
            guard state.waiting.count + line.count <= maxWaitingBytes else {
                state.droppedLines += 1
                return false
            }
            state.waiting += line
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustDrain { queue.asyncAfter(deadline: .now() + Self.gathering) { [self] in drain() } }
    }

    /// Waits until all lines so far are written, but no longer than `duration`.
    package func flush(within duration: Duration) {
        let done = DispatchSemaphore(value: 0)
        queue.async { [self] in
            drain()
            done.signal()
        }
        _ = done.wait(timeout: .now() + duration / .seconds(1))
    }

    private func drain() {
        while true {
            let lines = state.withLock { state in
                state.isDraining = !state.waiting.isEmpty
                defer { state.waiting = [] }
                return state.waiting
            }
            guard !lines.isEmpty else { return }
            let written = writeAll(lines)
            guard written < lines.count else { continue }
            let lost = lines[written...].count { $0 == UInt8(ascii: "\n") }
            state.withLock { $0.droppedLines += lost }
        }
    }

    /// Writes, waiting as long as it takes; returns how many bytes were taken before the descriptor failed.
    private func writeAll(_ bytes: [UInt8]) -> Int {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                return Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno != EINTR {
                break
            }
        }
        return written
    }
}
