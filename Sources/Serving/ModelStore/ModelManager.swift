package import Engine
import HTTPTypes
import Synchronization

/// Loads and unloads models, one at a time, on a thread of its own, while the others are served.
///
/// A model that cannot be loaded leaves what was served before. Who has a model keeps it until the last answer.
package final class ModelManager: Sendable {
    /// Loads the model of a folder and warms it up; told where to report the share that is done, 0…1.
    package typealias Loader = @Sendable (_ folder: String, _ progress: (Double) -> Void) throws -> any ImageModel

    /// What is to be done. Completions are called on the manager's thread.
    enum Command: Sendable {
        /// Loads everything for the first time.
        case start(@Sendable (StartFailure?) -> Void)
        /// Loads what is new or changed, and unloads what is gone.
        case refresh
        case load(name: String, @Sendable (Problem?) -> Void)
        case unload(name: String, @Sendable (Problem?) -> Void)
        case stop
    }

    /// A model that must be there could not be loaded.
    package struct StartFailure: Error, Sendable {
        package let folder: String
        package let reason: any Error
    }

    /// What is only touched by the manager's thread, but for the lock's sake.
    private struct Memory {
        var fingerprints: [ModelIdentity: [String]] = [:]
        /// Names that were unloaded on demand: a refresh leaves them alone.
        var unloaded: Set<String> = []
        var lastLane = 0
    }

    private let source: ModelSource
    private let registry: ModelRegistry
    private let scheduler: Scheduler
    private let loader: Loader
    private let events: @Sendable (ModelEvent) -> Void
    private let memory = Mutex(Memory())
    private let thread = Mutex<WorkerThread<Command>?>(nil)

    /// - Parameter events: told of everything that is loaded and unloaded.
    package init(
        source: ModelSource,
        registry: ModelRegistry,
        scheduler: Scheduler,
        loader: @escaping Loader,
        events: @escaping @Sendable (ModelEvent) -> Void
    ) {
        self.source = source
        self.registry = registry
        self.scheduler = scheduler
        self.loader = loader
        self.events = events
    }

    /// Begins to load; `completion` is told when all that is there was tried.
    package func start(_ completion: @escaping @Sendable (StartFailure?) -> Void) throws(ThreadStartError) {
        let manager = try WorkerThread<Command> { [self] thread in
            while true {
                let command = thread.receive()
                if case .stop = command { return }
                perform(command)
            }
        }
        thread.withLock { $0 = manager }
        manager.send(.start(completion))
    }

    /// Loads what is new or changed, and unloads what is gone, later.
    package func refresh() { send(.refresh) }

    /// Loads or reloads the versions of a model, later; the completion is told what went wrong.
    package func load(_ name: String, completion: @escaping @Sendable (Problem?) -> Void) {
        send(.load(name: name, completion))
    }

    /// Takes a model out of service, later.
    package func unload(_ name: String, completion: @escaping @Sendable (Problem?) -> Void) {
        send(.unload(name: name, completion))
    }

    /// Ends the thread when what it was told is done.
    package func stop() { send(.stop) }

    private func send(_ command: Command) {
        thread.withLock { $0 }?.send(command)
    }

    // MARK: On the manager's thread

    private func perform(_ command: Command) {
        switch command {
        case .start(let completion): completion(loadAll())
        case .refresh: refreshAll()
        case .load(let name, let completion): completion(loadVersions(of: name))
        case .unload(let name, let completion): completion(unloadVersions(of: name))
        case .stop: break
        }
    }

    private func loadAll() -> StartFailure? {
        let places = source.scan()
        for place in places { registry.note(.loading(progress: 0), of: place.identity) }
        for place in places {
            guard let error = load(place) else { continue }
            if source.fixed.contains(place) { return StartFailure(folder: place.folder, reason: error) }
        }
        registry.finishStart()
        return nil
    }

    private func refreshAll() {
        let places = source.scan()
        let unloaded = memory.withLock { $0.unloaded }
        for place in places where !unloaded.contains(place.identity.name) {
            let known = memory.withLock { $0.fingerprints[place.identity] }
            if known != place.fingerprint { _ = load(place) }
        }
        removeMissing(places)
    }

    private func loadVersions(of name: String) -> Problem? {
        let places = source.scan()
        let versions = places.filter { $0.identity.name == name }
        guard !versions.isEmpty else {
            return Problem(.notFound, title: "No such model", detail: "There is no model \"\(name)\" in the store.")
        }
        _ = memory.withLock { $0.unloaded.remove(name) }
        var problem: Problem?
        for place in versions {
            guard let error = load(place) else { continue }
            problem = Problem(
                .unprocessableContent,
                title: "Model not loaded",
                detail: "Version \(place.identity.version) of model \"\(name)\" could not be loaded: \(error)"
            )
        }
        removeMissing(places)
        return problem
    }

    private func unloadVersions(of name: String) -> Problem? {
        let entries = registry.entries.filter { $0.identity.name == name }
        guard !entries.isEmpty else {
            return Problem(.notFound, title: "No such model", detail: "There is no model \"\(name)\" here.")
        }
        _ = memory.withLock { $0.unloaded.insert(name) }
        for entry in entries {
            retire(registry.withdraw(entry.identity))
            memory.withLock { $0.fingerprints[entry.identity] = nil }
            events(.unloaded(entry.identity))
        }
        return nil
    }

    /// Returns why it could not be loaded.
    private func load(_ place: ModelPlace) -> (any Error)? {
        let identity = place.identity
        let lane = memory.withLock { memory in
            memory.fingerprints[identity] = place.fingerprint
            memory.lastLane += 1
            return memory.lastLane
        }
        registry.note(.loading(progress: 0), of: identity)
        do {
            let model = try loader(place.folder) { [registry] progress in
                registry.note(.loading(progress: progress), of: identity)
            }
            retire(registry.install(ServedModel(lane: lane, identity: identity, model: model)))
            events(.loaded(identity))
            return nil
        } catch {
            registry.note(.failed("\(error)"), of: identity)
            events(.failed(identity, "\(error)"))
            return error
        }
    }

    /// Takes out of service what is in the store no more.
    private func removeMissing(_ places: [ModelPlace]) {
        let present = Set(places.map(\.identity))
        for entry in registry.entries where !present.contains(entry.identity) {
            retire(registry.withdraw(entry.identity))
            registry.remove(entry.identity)
            memory.withLock { $0.fingerprints[entry.identity] = nil }
            events(.unloaded(entry.identity))
        }
    }

    private func retire(_ model: ServedModel?) {
        guard let model else { return }
        scheduler.forget(model)
        ProcessMemory.trim()
    }
}

/// What became of a model, for the log.
package enum ModelEvent: Sendable {
    case loaded(ModelIdentity)
    case failed(ModelIdentity, String)
    case unloaded(ModelIdentity)
}
