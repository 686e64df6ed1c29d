import HTTPTypes
import Synchronization

/// The models of this process and how far each is; whether the service may take traffic follows from it.
package final class ModelRegistry: Sendable {
    /// What is being done with a model, or was done last.
    package enum Activity: Sendable, Equatable {
        case none
        /// The share of the loading that is done, 0…1.
        case loading(progress: Double)
        /// Why it could not be loaded.
        case failed(String)
        case unloaded
    }

    /// One version of a model.
    package struct Entry: Sendable {
        package let identity: ModelIdentity
        /// Takes requests, also while a newer state of its folder is being loaded, or could not be.
        package var served: ServedModel?
        package var activity: Activity
    }

    private struct Contents {
        /// Models in the order given, each model's newest version first.
        var entries: [Entry]
        var hasStarted = false
        var isDraining = false
    }

    private let contents: Mutex<Contents>

    /// - Parameter identities: the models that will be loaded; the first is the one that requests get without asking.
    package init(_ identities: [ModelIdentity] = []) {
        contents = Mutex(Contents(entries: identities.map { Entry(identity: $0, activity: .loading(progress: 0)) }))
    }

    // MARK: Changes

    /// Notes what is being done with a model, which gets an entry if it has none.
    package func note(_ activity: Activity, of identity: ModelIdentity) {
        change(identity) { $0.activity = activity }
    }

    /// From now on requests get this one. Returns the one that they got before.
    @discardableResult
    package func install(_ model: ServedModel) -> ServedModel? {
        change(model.identity) { entry in
            defer {
                entry.served = model
                entry.activity = .none
            }
            return entry.served
        }
    }

    /// Requests get this model no more; its entry stays. Returns the one that they got.
    @discardableResult
    package func withdraw(_ identity: ModelIdentity) -> ServedModel? {
        change(identity) { entry in
            defer {
                entry.served = nil
                entry.activity = .unloaded
            }
            return entry.served
        }
    }

    /// Takes a model out with its entry.
    package func remove(_ identity: ModelIdentity) {
        contents.withLock { $0.entries.removeAll { $0.identity == identity } }
    }

    private func change<Result: Sendable>(_ identity: ModelIdentity, _ body: (inout Entry) -> Result) -> Result {
        contents.withLock { contents in
            if let index = contents.entries.firstIndex(where: { $0.identity == identity }) {
                return body(&contents.entries[index])
            }
            let name = identity.name
            let index =
                contents.entries.firstIndex { $0.identity.name == name && $0.identity.version < identity.version }
                ?? contents.entries.lastIndex { $0.identity.name == name }.map { $0 + 1 }
                ?? contents.entries.endIndex
            contents.entries.insert(Entry(identity: identity, activity: .none), at: index)
            return body(&contents.entries[index])
        }
    }

    /// All that is loaded at the start was tried.
    package func finishStart() {
        contents.withLock { $0.hasStarted = true }
    }

    /// The service is about to stop: it is not ready any more, but still serves.
    package func beginDrain() {
        contents.withLock { $0.isDraining = true }
    }

    // MARK: Questions

    /// All versions of all models, in the order given, newest first.
    package var entries: [Entry] {
        contents.withLock { $0.entries }
    }

    /// The versions of one model, newest first.
    ///
    /// - Throws: 404 for a name that is not known.
    package func versions(of name: String) throws(Problem) -> [Entry] {
        let all = entries
        let versions = all.filter { $0.identity.name == name }
        guard !versions.isEmpty else { throw .noModel("There is no model \"\(name)\" here.", all) }
        return versions
    }

    /// The model that a request gets.
    ///
    /// - Parameters:
    ///   - name: nil for the first model.
    ///   - version: nil for the newest that is loaded.
    /// - Throws: 404 for what is not known or was unloaded, 503 while it loads.
    package func model(named name: String? = nil, version: Int? = nil) throws(Problem) -> ServedModel {
        let all = entries
        guard let name = name ?? all.first(where: { $0.served != nil })?.identity.name ?? all.first?.identity.name
        else {
            throw Problem(Refusal.notReady)
        }
        let versions = all.filter { $0.identity.name == name && (version == nil || $0.identity.version == version) }
        if let served = versions.lazy.compactMap(\.served).first { return served }
        guard let entry = versions.first else {
            let what = version.map { "version \($0) of " } ?? ""
            throw .noModel("There is no \(what)model \"\(name)\" here.", all)
        }
        switch entry.activity {
        case .loading: throw Problem(Refusal.notReady)
        case .failed(let reason):
            throw Problem(
                .serviceUnavailable,
                title: "Model not loaded",
                detail: "Model \"\(name)\" could not be loaded: \(reason)",
                retryAfter: 10
            )
        case .none, .unloaded: throw .noModel("Model \"\(name)\" was unloaded.", all)
        }
    }

    /// What readiness probes are told.
    package var readiness: Readiness {
        contents.withLock { contents in
            if contents.isDraining { return .draining }
            if contents.hasStarted, contents.entries.contains(where: { $0.served != nil }) { return .ready }
            let shares = contents.entries.map { entry -> Double in
                if entry.served != nil { return 1 }
                if case .loading(let progress) = entry.activity { return progress }
                return 0
            }
            return .loading(progress: shares.reduce(0, +) / Double(max(1, shares.count)))
        }
    }
}

extension Problem {
    fileprivate static func noModel(_ detail: String, _ entries: [ModelRegistry.Entry]) -> Problem {
        var names: [String] = []
        for entry in entries where entry.served != nil && !names.contains(entry.identity.name) {
            names.append(entry.identity.name)
        }
        let loaded = names.isEmpty ? "nothing" : names.joined(separator: ", ")
        return Problem(.notFound, title: "No such model", detail: "\(detail) Loaded: \(loaded).")
    }
}

/// Whether traffic should be sent here.
package enum Readiness: Sendable, Equatable {
    case loading(progress: Double)
    case ready
    case draining
}
