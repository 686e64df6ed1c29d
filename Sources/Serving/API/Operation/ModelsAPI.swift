import Classification
import HTTP
import HTTPTypes
import ModelGraph

/// `GET /v1/models`: what is loaded, what it costs, and how far the rest is.
enum ModelsAPI {
    static func routes(_ context: APIContext) -> [Route] {
        [
            Route(.get, "/v1/models") { exchange in
                let models = context.registry.entries.map { JSONValue.object(members(of: $0, context)) }
                exchange.respond(.json(["models": .array(models)]))
            }
        ]
    }

    private static func members(of entry: ModelRegistry.Entry, _ context: APIContext) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init(name: "name", value: .string(entry.identity.name)),
            .init(name: "version", value: .integer(entry.identity.version)),
            .init(name: "state", value: .string(entry.state.rawValue)),
        ]
        switch entry.activity {
        case .loading(let progress): members.append(.init(name: "progress", value: .number(Float(progress))))
        case .failed(let reason): members.append(.init(name: "reason", value: .string(reason)))
        case .none, .unloaded: break
        }
        guard let served = entry.served else { return members }
        let information = served.model.information
        members += [
            .init(name: "architecture", value: .string(information.architecture)),
            .init(name: "parameters", value: .integer(information.parameterCount)),
            .init(name: "classes", value: .integer(information.classCount)),
            .init(
                name: "input",
                value: [
                    "width": .integer(information.transform.width),
                    "height": .integer(information.transform.height),
                ]
            ),
            .init(name: "precision", value: .string(information.precision)),
            .init(name: "precision_reason", value: .string(information.precisionReason)),
            .init(name: "instruction_set", value: .string(information.instructionSet)),
        ]
        if let costs = context.scheduler.costs(of: served), costs.model.isKnown {
            members.append(.init(name: "cost", value: json(costs)))
        }
        return members
    }

    /// A run of n pictures takes `image_ms · n + run_ms`, by the number of threads.
    private static func json(_ costs: LearntCosts) -> JSONValue {
        let lines = costs.model.lines.sorted { $0.key < $1.key }.map { threads, line in
            JSONValue.Member(
                name: String(threads),
                value: [
                    "image_ms": .milliseconds(.seconds(line.slope)),
                    "run_ms": .milliseconds(.seconds(line.offset)),
                ]
            )
        }
        return [
            "decode_ms": .milliseconds(.seconds(costs.model.decode)),
            "inference_by_threads": .object(lines),
            "batch_that_pays": .integer(costs.payingBatch),
            "threads_that_pay": .integer(costs.payingThreads),
        ]
    }
}

extension ModelRegistry.Entry {
    /// What clients are told of a model.
    enum State: String {
        case ready, loading, failed, unloaded
    }

    var state: State {
        if served != nil { return .ready }
        return switch activity {
        case .loading: .loading
        case .failed: .failed
        case .none, .unloaded: .unloaded
        }
    }
}
