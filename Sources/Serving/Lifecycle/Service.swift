import Dispatch
package import HTTP
package import Logging

/// A service from start to end: listens first, loads the model after, and drains before it stops.
package final class Service: Sendable {
    /// Loads a model and warms it up, on a background thread; told where to report the share that is done, 0…1.
    package typealias Loader = @Sendable (_ progress: (Double) -> Void) throws -> any ImageModel

    /// How a service ended.
    package enum Outcome: Sendable, Equatable {
        /// Every open request was answered.
        case drained
        /// A second signal came, or the time was over, while requests were open.
        case cutShort
    }

    private let configuration: ServiceConfiguration
    private let modelName: String
    private let loader: Loader
    private let registry: ModelRegistry
    private let scheduler: Scheduler
    private let server: Server
    private let log: Logger

    /// The routes as the server has them.
    package let routes: [Route]

    /// - Parameters:
    ///   - modelName: what clients call the model, known before it is loaded.
    package init(
        configuration: ServiceConfiguration,
        modelName: String,
        log: Logger,
        loader: @escaping Loader
    ) throws(ThreadStartError) {
        self.configuration = configuration
        self.modelName = modelName
        self.loader = loader
        self.log = log
        let telemetry = Telemetry()
        registry = ModelRegistry(names: [modelName])
        scheduler = try Scheduler(
            workers: configuration.workers,
            limits: configuration.batching,
            queueTimeout: configuration.queueTimeout,
            observer: telemetry
        )
        routes =
            APIContext(
                registry: registry,
                scheduler: scheduler,
                telemetry: telemetry,
                maxBody: configuration.maxBody
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
        server.finish = { response, head, elapsed in
            RequestID.finish(&response, head, elapsed)
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
            _ = try WorkerThread<Never> { [self] _ in load(reportingTo: events) }
        } catch {
            throw .loading(error)
        }
        while let event = events.next() {
            switch event {
            case .modelLoaded:
                log.info("ready", metadata: ["model": .string(modelName)])
            case .modelFailed(let error):
                server.stop(deadline: .now)
                throw .loading(error)
            case .stopRequested, .stopped:
                return shutDown(events: events)
            }
        }
        return shutDown(events: events)
    }

    // MARK: Loading

    private func load(reportingTo events: LifecycleEvents) {
        do {
            let model = try loader { [registry, modelName] progress in
                registry.update(modelName, to: .loading(progress: progress))
            }
            registry.update(modelName, to: .ready(ServedModel(lane: 0, model: model)))
            events.post(.modelLoaded)
        } catch {
            events.post(.modelFailed(error))
        }
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
            case .modelLoaded, .modelFailed:
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
    /// The model cannot be loaded.
    case loading(any Error)
}
