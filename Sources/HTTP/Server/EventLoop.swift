import Glibc

/// The connections that one thread serves, and the wait for what happens to them.
///
/// All deadlines of the loop are checked by one coarse sweep, which happens only while there are connections.
actor EventLoop {
    nonisolated let executor: LoopExecutor
    nonisolated let policy: ConnectionPolicy
    nonisolated let observer: any ServerObserver
    nonisolated let count: ConnectionCount

    private var connections: [UInt64: Connection] = [:]
    private var lastID = Poller.bellToken
    private lazy var context = LoopContext(loop: self, policy: policy, observer: observer)
    private var nextSweep = Moment.now
    private var drainGrace: Duration?
    private var hasEnded = false

    private static let sweepInterval: Duration = .milliseconds(250)
    /// Events that are handled without a sleep before another thread that waits for the core may have it: some hundred
    /// microseconds of small requests. The scheduler itself would let it wait for milliseconds.
    private static let longestRun = 64
    /// A wait that took longer gave the core away; one that found events took less.
    private static let shortestSleep: Duration = .microseconds(20)

    init(index: Int, policy: ConnectionPolicy, observer: any ServerObserver, count: ConnectionCount) throws(ServerError)
    {
        executor = try LoopExecutor(label: "http.loop.\(index)")
        self.policy = policy
        self.observer = observer
        self.count = count
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Serves until `end`.
    nonisolated func begin() {
        executor.begin { self.assumeIsolated { $0.serve() } }
    }

    /// Runs `body` on the loop, later; never, once it has ended.
    nonisolated func run(_ body: @escaping @Sendable (isolated EventLoop) -> Void) {
        executor.post { self.assumeIsolated { body($0) } }
    }

    /// Takes over an accepted socket, already counted and held.
    /// - Parameter isRefused: whether it is only to be told that there is no room.
    func open(descriptor: Int32, peer: String, isRefused: Bool) {
        lastID += 1
        let connection = Connection(
            id: lastID,
            descriptor: descriptor,
            peer: peer,
            isRefused: isRefused,
            context: context
        )
        connections[lastID] = connection
        if isRefused { observer.connectionRefused() } else { observer.connectionOpened() }
        if let drainGrace { connection.drain(grace: drainGrace) }
        connection.begin()
    }

    /// The socket of a connection is closed.
    func closed(_ id: UInt64, wasRefused: Bool) {
        connections[id] = nil
        count.remove(isRefused: wasRefused)
        if !wasRefused { observer.connectionClosed() }
        count.release()
    }

    func answered(_ id: UInt64) {
        connections[id]?.answered()
    }

    /// From now on each answer is its connection's last, and connections idle for `grace` are closed.
    func drain(grace: Duration) {
        drainGrace = grace
        for connection in connections.values { connection.drain(grace: grace) }
        sweep(now: .now)
    }

    /// Closes every connection at once.
    func abort() {
        for connection in connections.values { connection.abort() }
    }

    /// Closes what is still open, and serves no more.
    func end() {
        abort()
        executor.end()
        hasEnded = true
    }

    private func serve() {
        var events = Poller.Events()
        var now = Moment.now
        var handledSinceSleep = 0
        while !hasEnded {
            executor.poller.wait(for: &events, milliseconds: timeUntilSweep(now: now))
            if Moment.now - now > Self.shortestSleep { handledSinceSleep = 0 }
            var isCalled = false
            for index in 0..<events.count {
                let event = events[index]
                if event.token == Poller.bellToken { isCalled = true } else { connections[event.token]?.handle(event) }
            }
            if isCalled {
                for job in executor.takeJobs() { job() }
            }
            now = .now
            if now >= nextSweep { sweep(now: now) }
            handledSinceSleep += events.count
            if handledSinceSleep >= Self.longestRun {
                sched_yield()
                handledSinceSleep = 0
            }
        }
    }

    /// In whole milliseconds, rounded up; nil when nothing has a deadline.
    private func timeUntilSweep(now: Moment) -> Int? {
        guard !connections.isEmpty else { return nil }
        let left = max(.zero, nextSweep - now)
        return Int(left / .milliseconds(1)) + 1
    }

    private func sweep(now: Moment) {
        nextSweep = now + Self.sweepInterval
        for connection in connections.values { connection.checkDeadline(now: now) }
    }
}
