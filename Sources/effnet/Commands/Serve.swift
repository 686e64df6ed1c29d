import ArgumentParser
import Classification
import Engine
import Glibc
import HTTP
import Imaging
import Logging
import Serving

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves models over HTTP.",
        discussion: """
            Listens first and loads the models after: /readyz says 200 when it can take traffic. SIGHUP loads what is \
            new or changed. SIGTERM or SIGINT finishes the open requests and ends with exit code 0; a second one ends \
            at once. Sockets that systemd passes (LISTEN_FDS) are served instead of --host, --port and --unix.
            """
    )

    @OptionGroup(title: "Models") var store: StoreOptions
    @OptionGroup(title: "Engine") var engine: EngineOptions
    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup(title: "Queue") var queue: QueueOptions

    @Option(help: "Seconds of normal service after the first signal, for balancers to notice. [EFFNET_DRAIN_DELAY]")
    var drainDelay = Seconds(ServiceConfiguration().drainDelay)

    @Option(help: "Seconds that open requests get to finish after that. [EFFNET_DRAIN_TIMEOUT]")
    var drainTimeout = Seconds(ServiceConfiguration().drainTimeout)

    @Option(help: "Seconds after which a batch counts as stuck, and /livez says 503. [EFFNET_STUCK_TIMEOUT]")
    var stuckTimeout = Seconds(APILimits().stuckAfter)

    @Option(help: "Form of the log on standard error. [EFFNET_LOG_FORMAT]")
    var logFormat = StandardErrorLog.Format.text

    @Option(
        help: "Least level logged: debug, info (the default; shows requests), warning or error. [EFFNET_LOG_LEVEL]",
        transform: level
    )
    var logLevel = Logger.Level.info

    func validate() throws {
        guard queue.maxQueueBytes.bytes >= server.maxBody.bytes else {
            throw ValidationError("--max-queue-bytes must be at least --max-body")
        }
    }

    func run() throws {
        let source = try store.source()
        let format = logFormat
        let level = logLevel
        let log = Logger(label: "effnet") { _ in StandardErrorLog(format: format, level: level) }
        defer { LogWriter.standardError.flush(within: .seconds(1)) }
        // Who reads the log may go away; the service stays.
        signal(SIGPIPE, SIG_IGN)
        ProcessMemory.configure()
        let configuration = try configuration(log: log)

        let outcome: Service.Outcome
        do {
            let service = try Service(configuration: configuration, source: source, log: log, loader: loader)
            let events = LifecycleEvents()
            let signals = SignalWatcher([SIGTERM, SIGINT, SIGHUP]) { signal in
                events.post(signal == SIGHUP ? .reloadRequested : .stopRequested)
            }
            defer { withExtendedLifetime(signals) {} }
            outcome = try service.run(events: events) { port in
                announce(port: port, passed: configuration.server.passedSockets, source: source)
            }
        } catch ServiceFailure.listening(let error) {
            throw CommandFailure(code: .unavailable, message: "\(error)")
        } catch ServiceFailure.loading(let failure) {
            throw ModelFolder.failure(path: failure.folder, failure.reason)
        } catch ServiceFailure.thread(let error) {
            throw CommandFailure(code: .systemError, message: "\(error)")
        } catch let error as ThreadStartError {
            throw CommandFailure(code: .systemError, message: "\(error)")
        }
        if outcome == .cutShort {
            throw CommandFailure(code: .cutShort, message: "stopped with requests unanswered")
        }
    }

    /// What the service is made with.
    private func configuration(log: Logger) throws -> ServiceConfiguration {
        var configuration = ServiceConfiguration()
        configuration.server = server.configuration
        configuration.server.passedSockets = try Self.passedSockets()
        configuration.server.eventLoops = ProcessorCount.available()
        configuration.server.maxConnections = affordableConnections(log: log)
        configuration.apiKeys = try access.keys()
        configuration.crossOrigin = access.crossOrigin
        configuration.workers = engine.threadCount
        configuration.batching = queue.limits
        configuration.batching.maxBatch = engine.maxBatch
        configuration.queueTimeout = queue.queueTimeout.duration
        configuration.limits.maxBody = server.maxBody.bytes
        configuration.limits.maxImages = queue.maxImages
        configuration.limits.allowsModelControl = store.modelControl
        configuration.limits.hasPage = !access.noPage
        configuration.limits.stuckAfter = stuckTimeout.duration
        configuration.modelPoll = store.modelPoll?.duration
        configuration.drainDelay = drainDelay.duration
        configuration.drainTimeout = drainTimeout.duration
        return configuration
    }

    /// Loads a model; all share the memory for decoding.
    private var loader: ModelManager.Loader {
        var options = engine.classifierOptions
        options.decodeBudget = DecodeBudget(limit: engine.decodeMemory.bytes)
        return { [options] folder, progress in
            try Classifier(folder: folder, options: options, progress: progress)
        }
    }

    /// What is left of `--max-connections` under the process's limit on open files: at the cap a new client is told so,
    /// where without descriptors it would have to wait.
    private func affordableConnections(log: Logger) -> Int {
        guard let limit = DescriptorLimit.raise() else { return server.maxConnections }
        let affordable = max(1, limit - Self.reservedDescriptors)
        guard server.maxConnections > affordable else { return server.maxConnections }
        log.warning(
            "the limit on open files is too low for --max-connections: raise it, or serve fewer",
            metadata: ["limit": .stringConvertible(limit), "connections": .stringConvertible(affordable)]
        )
        return affordable
    }

    /// For files of models, for clients that are turned away, and for what the system takes.
    private static let reservedDescriptors = 128

    private static func level(_ name: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: name) else {
            throw ValidationError("\"\(name)\" is no level: use debug, info, warning or error")
        }
        return level
    }

    /// What systemd gives this process to listen on.
    private static func passedSockets() throws(CommandFailure) -> [PassedSocket] {
        do {
            return try PassedSocket.announced { name in getenv(name).map { String(cString: $0) } }
        } catch {
            throw CommandFailure(code: .unavailable, message: "\(error)")
        }
    }

    private func announce(port: UInt16, passed: [PassedSocket], source: ModelSource) {
        let names = source.fixed.map(\.identity.name) + (source.store.map { ["the models of \($0)"] } ?? [])
        let greeting = "effnet \(BuildInformation.version) serves \(names.joined(separator: ", ")) at"
        if !passed.isEmpty {
            Console.print("\(greeting) the passed \(passed.map(\.name).joined(separator: ", "))")
            if port > 0 { announce(url: "http://localhost:\(port)") }
            return
        }
        if let path = server.unix {
            Console.print("\(greeting) unix:\(path)")
            Console.print("Try: curl --unix-socket \(path) --data-binary @photo.jpg http://localhost/v1/classify")
            return
        }
        let host = server.host
        let isWildcard = host == "0.0.0.0" || host == "::"
        let name = isWildcard ? "localhost" : host.contains(":") ? "[\(host)]" : host
        Console.print("\(greeting) http://\(name):\(port)")
        announce(url: "http://\(name):\(port)")
    }

    private func announce(url: String) {
        Console.print("Try: curl --data-binary @photo.jpg \(url)/v1/classify")
    }
}

extension StandardErrorLog.Format: ExpressibleByArgument {}
