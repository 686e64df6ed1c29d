import Dispatch

/// One serial queue and the connections that live on it.
///
/// All deadlines of the loop are checked by one coarse timer, which runs only while there are connections.
actor EventLoop: LoopActor {
    nonisolated let executor: LoopExecutor
    nonisolated let policy: ConnectionPolicy
    nonisolated let observer: any ServerObserver
    nonisolated let count: ConnectionCount

    private var connections: [UInt64: Connection] = [:]
    private var nextID: UInt64 = 0
    private lazy var context = LoopContext(loop: self, policy: policy, observer: observer)
    private var timer: (any DispatchSourceTimer)?
    private var drainGrace: Duration?

    private static let sweepInterval = DispatchTimeInterval.milliseconds(250)

    init(index: Int, policy: ConnectionPolicy, observer: any ServerObserver, count: ConnectionCount) {
        executor = LoopExecutor(label: "http.loop.\(index)")
        self.policy = policy
        self.observer = observer
        self.count = count
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Takes over an accepted socket, already counted and held.
    /// - Parameter isRefused: whether it is only to be told that there is no room.
    func open(descriptor: Int32, peer: String, isRefused: Bool) {
        nextID += 1
        let connection = Connection(
            id: nextID,
            descriptor: descriptor,
            peer: peer,
            isRefused: isRefused,
            context: context
        )
        connections[nextID] = connection
        startSweeping()
        if let drainGrace { connection.drain(grace: drainGrace) }
        if isRefused {
            observer.connectionRefused()
            connection.refuse()
        } else {
            observer.connectionOpened()
        }
    }

    /// The socket of a connection is closed.
    func closed(_ id: UInt64, wasRefused: Bool) {
        connections[id] = nil
        count.remove(isRefused: wasRefused)
        if !wasRefused { observer.connectionClosed() }
        count.release()
    }

    func readable(_ id: UInt64) {
        connections[id]?.readable()
    }

    func writable(_ id: UInt64) {
        connections[id]?.writable()
    }

    func answered(_ id: UInt64) {
        connections[id]?.answered()
    }

    /// From now on each answer is its connection's last, and connections idle for `grace` are closed.
    func drain(grace: Duration) {
        drainGrace = grace
        for connection in connections.values { connection.drain(grace: grace) }
        sweep()
    }

    /// Closes every connection at once.
    func abort() {
        for connection in connections.values { connection.abort() }
    }

    private func startSweeping() {
        guard timer == nil else { return }
        let source = DispatchSource.makeTimerSource(queue: executor.queue)
        source.setEventHandler { self.assumeIsolated { $0.sweep() } }
        source.schedule(deadline: .now() + Self.sweepInterval, repeating: Self.sweepInterval, leeway: .milliseconds(50))
        source.resume()
        timer = source
    }

    private func sweep() {
        guard !connections.isEmpty else {
            timer?.cancel()
            timer = nil
            return
        }
        let now = ContinuousClock.now
        for connection in connections.values { connection.checkDeadline(now: now) }
    }
}
