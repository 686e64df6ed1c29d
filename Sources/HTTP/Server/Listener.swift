import Dispatch
import Glibc

/// Accepts connections and deals them out to the event loops in turn.
///
/// At the cap a few more are let in, only to be told 503; the rest wait in the kernel's backlog. When descriptors run
/// out, accepting pauses: the listening socket stays readable, and watching it would spin.
actor Listener {
    private nonisolated let executor = QueueExecutor(label: "http.listener")

    private let socket: ListeningSocket
    private let loops: [EventLoop]
    private let count: ConnectionCount
    private let maxConnections: Int
    private var source: (any DispatchSourceRead)?
    private var isPaused = false
    private var next = 0

    private static let maxRefusals = 64
    private static let pause = DispatchTimeInterval.milliseconds(50)
    /// Accepted in one turn, so that new connections come to the loops while more are accepted.
    private static let batch = 64

    init(socket: ListeningSocket, loops: [EventLoop], count: ConnectionCount, maxConnections: Int) {
        self.socket = socket
        self.loops = loops
        self.count = count
        self.maxConnections = maxConnections
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Begins to accept.
    nonisolated func begin() {
        executor.queue.sync { assumeIsolated { $0.watch() } }
    }

    /// Stops listening, soon; idempotent. Not to be called from a handler.
    nonisolated func end() {
        executor.queue.sync { assumeIsolated { $0.unwatch() } }
    }

    private func watch() {
        let source = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: executor.queue)
        source.setEventHandler { self.assumeIsolated { $0.acceptBatch() } }
        source.setCancelHandler { self.assumeIsolated { $0.finish() } }
        count.hold()
        source.resume()
        self.source = source
    }

    private func unwatch() {
        guard let source else { return }
        self.source = nil
        if isPaused { source.resume() }
        source.cancel()
    }

    /// Nothing watches the socket any more: takes in who already waits, and closes it.
    private func finish() {
        while acceptOne() {}
        socket.close()
        count.release()
    }

    private func acceptBatch() {
        for _ in 0..<Self.batch {
            guard acceptOne() else { return }
        }
    }

    /// Returns whether there may be more to accept now.
    private func acceptOne() -> Bool {
        let isRefused = count.served >= maxConnections
        guard !isRefused || count.refused < Self.maxRefusals else {
            pauseAccepting()
            return false
        }
        switch socket.accept() {
        case .connection(let descriptor, let peer):
            count.add(isRefused: isRefused)
            count.hold()
            let loop = loops[next % loops.count]
            next &+= 1
            loop.run { $0.open(descriptor: descriptor, peer: peer, isRefused: isRefused) }
            return true
        case .none: return false
        case .lost: return true
        case .impossible:
            pauseAccepting()
            return false
        }
    }

    private func pauseAccepting() {
        guard !isPaused, let source else { return }
        isPaused = true
        source.suspend()
        executor.queue.asyncAfter(deadline: .now() + Self.pause) { self.assumeIsolated { $0.resumeAccepting() } }
    }

    private func resumeAccepting() {
        guard isPaused else { return }
        isPaused = false
        source?.resume()
    }
}
