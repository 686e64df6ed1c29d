import ArgumentParser
import Classification
import Engine
import Glibc
import HTTP
import Logging
import Serving

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves a model over HTTP.",
        discussion: """
            Listens first and loads the model after: /readyz says 200 when it can take traffic. SIGTERM or SIGINT \
            finishes the open requests and ends with exit code 0; a second one ends at once.
            """
    )

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Server") var server: ServerOptions
    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup(title: "Queue") var queue: QueueOptions

    @Option(help: "Seconds of normal service after the first signal, for balancers to notice. [EFFNET_DRAIN_DELAY]")
    var drainDelay = Seconds(ServiceConfiguration().drainDelay)

    @Option(help: "Seconds that open requests get to finish after that. [EFFNET_DRAIN_TIMEOUT]")
    var drainTimeout = Seconds(ServiceConfiguration().drainTimeout)

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
        let folder = try ModelFolder(model.model)
        let options = model.classifierOptions
        let format = logFormat
        let level = logLevel
        let log = Logger(label: "effnet") { _ in StandardErrorLog(format: format, level: level) }
        defer { LogWriter.standardError.flush(within: .seconds(1)) }
        // Who reads the log may go away; the service stays.
        signal(SIGPIPE, SIG_IGN)
        var configuration = ServiceConfiguration()
        configuration.server = server.configuration
        configuration.server.eventLoops = ProcessorCount.available()
        configuration.server.maxConnections = affordableConnections(log: log)
        configuration.apiKeys = try access.keys()
        configuration.crossOrigin = access.crossOrigin
        configuration.workers = model.threadCount
        configuration.batching = queue.limits
        configuration.batching.maxBatch = model.maxBatch
        configuration.queueTimeout = queue.queueTimeout.duration
        configuration.maxBody = server.maxBody.bytes
        configuration.drainDelay = drainDelay.duration
        configuration.drainTimeout = drainTimeout.duration

        let outcome: Service.Outcome
        do {
            let service = try Service(configuration: configuration, modelName: folder.name, log: log) { progress in
                try Classifier(folder: folder.path, options: options, progress: progress)
            }
            let events = LifecycleEvents()
            let signals = SignalWatcher([SIGTERM, SIGINT]) { _ in events.post(.stopRequested) }
            defer { withExtendedLifetime(signals) {} }
            outcome = try service.run(events: events) { port in
                announce(port: port, model: folder.name)
            }
        } catch ServiceFailure.listening(let error) {
            throw CommandFailure(code: .unavailable, message: "\(error)")
        } catch ServiceFailure.loading(let error) {
            throw ModelFolder.failure(path: folder.path, error)
        } catch let error as ThreadStartError {
            throw CommandFailure(code: .systemError, message: "\(error)")
        }
        if outcome == .cutShort {
            throw CommandFailure(code: .cutShort, message: "stopped with requests unanswered")
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

    private func announce(port: UInt16, model: String) {
        let greeting = "effnet \(BuildInformation.version) serves \(model) at"
        if let path = server.unix {
            Console.print("\(greeting) unix:\(path)")
            Console.print("Try: curl --unix-socket \(path) --data-binary @photo.jpg http://localhost/v1/classify")
            return
        }
        let host = server.host
        let isWildcard = host == "0.0.0.0" || host == "::"
        let name = isWildcard ? "localhost" : host.contains(":") ? "[\(host)]" : host
        Console.print("\(greeting) http://\(name):\(port)")
        Console.print("Try: curl --data-binary @photo.jpg http://\(name):\(port)/v1/classify")
    }
}

extension StandardErrorLog.Format: ExpressibleByArgument {}
