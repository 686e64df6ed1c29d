import HTTPTypes
import Synchronization

/// The models of this process and how far each is; whether the service may take traffic follows from it.
package final class ModelRegistry: Sendable {
    /// How far a model is.
    package enum State: Sendable {
        /// The share of the loading that is done, 0…1.
        case loading(progress: Double)
        case ready(ServedModel)
    }

    private struct Contents {
        var models: [(name: String, state: State)]
        var isDraining = false
    }

    private let contents: Mutex<Contents>

    /// - Parameter names: the models that will be loaded; the first is the one that requests get without asking.
    package init(names: [String]) {
        contents = Mutex(Contents(models: names.map { ($0, .loading(progress: 0)) }))
    }

    /// Notes how far a known model is.
    package func update(_ name: String, to state: State) {
        contents.withLock { contents in
            guard let index = contents.models.firstIndex(where: { $0.name == name }) else { return }
            contents.models[index].state = state
        }
    }

    /// The service is about to stop: it is not ready any more, but still serves.
    package func beginDrain() {
        contents.withLock { $0.isDraining = true }
    }

    /// All models in the order given.
    package var models: [(name: String, state: State)] {
        contents.withLock { $0.models }
    }

    /// The model of this name, or the default one for nil.
    ///
    /// - Throws: 404 for a name that is not known, 503 while the model loads.
    package func model(named name: String?) throws(Problem) -> ServedModel {
        let models = models
        guard let entry = name == nil ? models.first : models.first(where: { $0.name == name }) else {
            let names = models.map(\.name).joined(separator: ", ")
            throw Problem(
                .notFound,
                title: "No such model",
                detail: "There is no model \"\(name ?? "")\" here. Loaded: \(names)."
            )
        }
        guard case .ready(let model) = entry.state else { throw Problem(Refusal.notReady) }
        return model
    }

    /// What readiness probes are told.
    package var readiness: Readiness {
        contents.withLock { contents in
            if contents.isDraining { return .draining }
            let shares = contents.models.map { model -> Double in
                switch model.state {
                case .loading(let progress): progress
                case .ready: 1
                }
            }
            let isReady = contents.models.allSatisfy { model in
                if case .ready = model.state { true } else { false }
            }
            return isReady ? .ready : .loading(progress: shares.reduce(0, +) / Double(max(1, shares.count)))
        }
    }
}

/// Whether traffic should be sent here.
package enum Readiness: Sendable, Equatable {
    case loading(progress: Double)
    case ready
    case draining
}
