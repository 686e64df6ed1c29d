import HTTP
import HTTPTypes

/// The repository extension of the Open Inference Protocol: what is there, and loading and unloading it.
enum ModelRepositoryAPI {
    private static let bodyLimit = 64 << 10

    static func routes(_ context: APIContext) -> [Route] {
        [
            Route(.post, "/v2/repository/index", bodyLimit: bodyLimit, isBodyOptional: true) { exchange in
                answer(exchange) { body throws(Problem) in
                    let onlyReady = try readsReady(body)
                    let entries = context.registry.entries.filter { !onlyReady || $0.served != nil }
                    exchange.respond(.json(.array(entries.map(json))))
                }
            },
            Route(.post, "/v2/repository/models/{model}/load", bodyLimit: bodyLimit, isBodyOptional: true) { exchange in
                change(exchange, context) { context.manager.load($0, completion: $1) }
            },
            Route(.post, "/v2/repository/models/{model}/unload", bodyLimit: bodyLimit, isBodyOptional: true) {
                exchange in
                change(exchange, context) { context.manager.unload($0, completion: $1) }
            },
        ]
    }

    private static func json(_ entry: ModelRegistry.Entry) -> JSONValue {
        let state =
            switch entry.state {
            case .ready: "READY"
            case .loading: "LOADING"
            case .failed, .unloaded: "UNAVAILABLE"
            }
        let reason =
            switch entry.activity {
            case .failed(let reason): reason
            case .unloaded: "unloaded"
            case .none, .loading: ""
            }
        return [
            "name": .string(entry.identity.name),
            "version": .string(String(entry.identity.version)),
            "state": .string(state),
            "reason": .string(reason),
        ]
    }

    /// Does what is asked of a model, where clients may.
    private static func change(
        _ exchange: Exchange,
        _ context: APIContext,
        _ action: (_ name: String, _ completion: @escaping @Sendable (Problem?) -> Void) -> Void
    ) {
        guard context.limits.allowsModelControl else {
            let problem = Problem(
                .forbidden,
                title: "Not allowed",
                detail: "Models are not loaded and unloaded over HTTP here; start the server with --model-control."
            )
            return exchange.respond(ErrorForm.plain.response(problem))
        }
        action(exchange.request.pathParameters["model"] ?? "") { problem in
            exchange.respond(problem.map { ErrorForm.plain.response($0) } ?? .json(.object([])))
        }
    }

    private static func answer(_ exchange: Exchange, _ body: ([UInt8]) throws(Problem) -> Void) {
        do throws(Problem) {
            try body(exchange.request.body)
        } catch {
            exchange.respond(ErrorForm.plain.response(error))
        }
    }

    /// `{"ready": true}` asks for models that take requests only.
    private static func readsReady(_ body: [UInt8]) throws(Problem) -> Bool {
        if body.isEmpty { return false }
        do throws(Rejection) {
            return try body.withUnsafeBufferPointer { bytes throws(Rejection) in
                var reader = JSONReader(bytes)
                var ready = false
                try reader.beginObject()
                while let name = try reader.nextMember() {
                    if name == "ready" {
                        ready = try reader.readBool()
                    } else {
                        try reader.skipValue()
                    }
                }
                try reader.finish()
                return ready
            }
        } catch {
            throw Problem(error)
        }
    }
}
