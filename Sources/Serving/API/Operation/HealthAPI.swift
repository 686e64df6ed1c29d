import HTTP
import HTTPTypes

/// `/livez`, `/readyz` and `/healthz`, for orchestrators and load balancers.
enum HealthAPI {
    static func routes(_ context: APIContext) -> [Route] {
        let ready: Route.Handler = { exchange in
            exchange.respond(answer(context.registry.readiness))
        }
        return [
            Route(.get, "/livez") { exchange in
                exchange.respond(
                    context.isStuck
                        ? .json(["status": "stuck"], status: .serviceUnavailable) : .json(["status": "live"])
                )
            },
            Route(.get, "/readyz", handler: ready),
            Route(.get, "/healthz", handler: ready),
        ]
    }

    private static func answer(_ readiness: Readiness) -> Response {
        switch readiness {
        case .ready:
            return .json(["status": "ready"])
        case .draining:
            return .json(["status": "draining"], status: .serviceUnavailable)
        case .loading(let progress):
            let body: JSONValue = ["status": "loading", "progress": .number(Float(progress))]
            var response = Response.json(body, status: .serviceUnavailable)
            response.fields[.retryAfter] = "1"
            return response
        }
    }
}

extension APIContext {
    /// Whether a worker does not come back from its batch: only a new process helps.
    var isStuck: Bool { scheduler.load.longestRun > limits.stuckAfter }
}
