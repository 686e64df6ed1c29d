package import Engine
import Dispatch
package import HTTP
package import Logging

/// A service from start to end: listens first, loads the models after, and drains before it stops.
package final class Service: Sendable {
    /// How a service ended.
    package enum Outcome: Sendable, Equatable {
        /// Every open request was answered.
        case drained
        /// A second signal came, or the time was over, while requests were open.
        case cutShort
    }

    private let configuration: ServiceConfiguration
    private let registry: ModelRegistry
    private let manager: ModelManager
    private let scheduler: Scheduler
    private let server: Server
    private let log: Logger

    /// The routes as the server has them.
    package let routes: [Route]

    /// - Parameters:
    ///   - source: where the models are; they are loaded when the service runs.
    ///   - loader: loads one model and warms it up, on a background thread.
    package init(
        configuration: ServiceConfiguration,
        source: ModelSource,
        log: Logger,
        loader: @escaping ModelManager.Loader
    ) throws(ThreadStartError) {
        self.configuration = configuration
        self.log = log
        let telemetry = Telemetry()
        let registry = ModelRegistry(source.fixed.map(\.identity))
        let scheduler = try Scheduler(
            workers: configuration.workers,
            limits: configuration.batching,
            queueTimeout: configuration.queueTimeout,
            observer: telemetry
        )
        let manager = ModelManager(
            source: source,
            registry: registry,
            scheduler: scheduler,
            loader: loader,
            events: ModelEvents(
                registry: registry,
                scheduler: scheduler,
                maxBatch: configuration.batching.maxBatch,
                log: log
            ).handle
        )
        self.registry = registry
        self.scheduler = scheduler
        self.manager = manager
        routes =
            APIContext(
                registry: registry,
                manager: manager,
                scheduler: scheduler,
                telemetry: telemetry,
                readers: BodyReaders(count: configuration.workers),
                limits: configuration.limits
            ).routes
        server = Server(
            configuration: Self.serverConfiguration(configuration),
            routes: routes,
            observer: TrafficObserver(telemetry: telemetry, log: log)
        )
    }

    /// The server's bounds, with what is done to every request and answer of the service.
    package static func serverConfiguration(_ configuration: ServiceConfiguration) -> ServerConfiguration {
        var server = configuration.server
        let crossOrigin = configuration.crossOrigin
        if let keys = configuration.apiKeys {
            server.admission = { head in
                // A browser's preflight never carries a key.
                if crossOrigin != nil && CrossOriginPolicy.isPreflight(head) { return nil }
                return keys.refusal(of: head)
            }
        }
        server.identify = RequestID.identify
        server.finish = { response, head in
            ErrorForm.adapt(&response, to: head)
            crossOrigin?.mark(&response, head: head)
        }
        return server
    }

    /// Serves until `events` ask for the end, on the calling thread and those of the server and the scheduler.
    ///
    /// - Parameters:
    ///   - events: where signals are posted.
    ///   - listening: told the port as soon as connections are accepted.
    package func run(events: LifecycleEvents, listening: (UInt16) -> Void) throws(ServiceFailure) -> Outcome {
        do {
            listening(try server.start())
        } catch {
            throw .listening(error)
        }
        do throws(ThreadStartError) {
            try manager.start { failure in
                events.post(failure.map { .startFailed($0) } ?? .started)
            }
        } catch {
            throw .thread(error)
        }
        defer { manager.stop() }
        let poll = configuration.modelPoll.map { StorePoll(every: $0, manager) }
        defer { poll?.cancel() }
        while let event = events.next() {
            switch event {
            case .started:
                log.info("ready")
            case .startFailed(let failure):
                server.stop(deadline: .now)
                throw .loading(failure)
            case .reloadRequested:
                manager.refresh()
            case .stopRequested, .stopped:
                return shutDown(events: events)
            }
        }
        return shutDown(events: events)
    }

    // MARK: Draining

    private func shutDown(events: LifecycleEvents) -> Outcome {
        log.info("draining")
        registry.beginDrain()
        server.beginDrain()
        if configuration.drainDelay > .zero, isStopRepeated(events, within: configuration.drainDelay) {
            return cutShort()
        }
        let deadline = ContinuousClock.now + configuration.drainTimeout
        let finish = DispatchQueue(label: "effnet.drain")
        finish.async { [server, scheduler] in
            server.stop(deadline: deadline)
            scheduler.drain()
            events.post(.stopped)
        }
        while let event = events.next(within: deadline - .now) {
            switch event {
            case .stopped:
                log.info("stopped")
                return .drained
            case .stopRequested:
                return cutShort()
            case .started, .startFailed, .reloadRequested:
                continue
            }
        }
        return cutShort()
    }

    /// Whether another stop is asked for in this time.
    private func isStopRepeated(_ events: LifecycleEvents, within duration: Duration) -> Bool {
        let end = ContinuousClock.now + duration
        while let event = events.next(within: end - .now) {
            if case .stopRequested = event { return true }
        }
        return false
    }

    private func cutShort() -> Outcome {
        log.warning("stopping with requests unanswered")
        server.stop(deadline: .now)
        return .cutShort
    }
}

/// Why a service could not be brought up.
package enum ServiceFailure: Error {
    /// The address cannot be listened on.
    case listening(any Error)
    /// A model that must be there cannot be loaded.
    case loading(ModelManager.StartFailure)
    case thread(ThreadStartError)
}

/// What follows when a model was loaded or unloaded.
private struct ModelEvents: Sendable {
    let registry: ModelRegistry
    let scheduler: Scheduler
    let maxBatch: Int
    let log: Logger

    func handle(_ event: ModelEvent) {
        switch event {
        case .loaded(let identity):
            log.info("model loaded", metadata: metadata(identity))
            let entry = registry.entries.first { $0.identity == identity }
            if let model = entry?.served {
                Calibration.schedule(model, scheduler: scheduler, maxBatch: maxBatch)
            }
        case .failed(let identity, let reason):
            var metadata = metadata(identity)
            metadata["reason"] = .string(reason)
            log.error("model not loaded", metadata: metadata)
        case .unloaded(let identity):
            log.info("model unloaded", metadata: metadata(identity))
        }
    }

    private func metadata(_ identity: ModelIdentity) -> Logger.Metadata {
        ["model": .string(identity.name), "version": .stringConvertible(identity.version)]
    }
}

/// Looks at the store again and again.
private struct StorePoll {
    private let timer: any DispatchSourceTimer

    init(every interval: Duration, _ manager: ModelManager) {
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "effnet.store"))
        timer.schedule(deadline: .now() + interval.inSeconds, repeating: interval.inSeconds)
        timer.setEventHandler { manager.refresh() }
        timer.activate()
    }

    func cancel() {
        timer.cancel()
    }
}
