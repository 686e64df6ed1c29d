/// What the connections of one event loop share. Not sendable: it stays within the loop.
final class LoopContext {
    unowned let loop: EventLoop
    let poller: Poller
    let policy: ConnectionPolicy
    let observer: any ServerObserver
    let serializer: ResponseSerializer
    /// Where all reads go first.
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    var date = DateStamp()

    init(loop: EventLoop, policy: ConnectionPolicy, observer: any ServerObserver) {
        self.loop = loop
        poller = loop.executor.poller
        self.policy = policy
        self.observer = observer
        serializer = ResponseSerializer(serverName: policy.configuration.serverName)
    }

    deinit {
        input.deallocate()
    }
}
