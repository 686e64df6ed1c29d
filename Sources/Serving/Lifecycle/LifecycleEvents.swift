import Dispatch
import Glibc
import Synchronization

/// What moves a service from one stage of its life to the next.
package enum LifecycleEvent: Sendable {
    /// All models were tried, and those that must be there are.
    case started
    case startFailed(ModelManager.StartFailure)
    /// SIGHUP, or what stands for it in a test.
    case reloadRequested
    /// SIGTERM or SIGINT, or what stands for them in a test.
    case stopRequested
    /// All open requests are answered and all threads have ended.
    case stopped
}

/// The events of one service in their order, waited for by its main thread.
package final class LifecycleEvents: Sendable {
    private let events = Mutex<[LifecycleEvent]>([])
    private let arrived = DispatchSemaphore(value: 0)

    package init() {}

    package func post(_ event: LifecycleEvent) {
        events.withLock { $0.append(event) }
        arrived.signal()
    }

    /// The oldest event, waiting for one if need be; nil when the time is over.
    func next(within duration: Duration? = nil) -> LifecycleEvent? {
        if let duration {
            guard arrived.wait(timeout: .now() + max(0, duration.inSeconds)) == .success else { return nil }
        } else {
            arrived.wait()
        }
        return events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}

/// Turns signals into calls, for as long as it lives.
package final class SignalWatcher {
    private let sources: [any DispatchSourceSignal]

    /// The signals lose their default effect.
    package init(_ signals: [Int32], action: @escaping @Sendable (Int32) -> Void) {
        let queue = DispatchQueue(label: "effnet.signals")
        sources = signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { action(number) }
            source.activate()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}
