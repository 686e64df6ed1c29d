import HTTP
import HTTPTypes

/// `/livez`, `/readyz` and `/healthz`, for orchestrators and load balancers.
enum HealthAPI {
    /// The paths, as segments, that orchestrators ask without any key; of every protocol.
    private static let probes: Set<[String]> = [
        ["livez"], ["readyz"], ["healthz"], ["v2", "health", "live"], ["v2", "health", "ready"],
    ]

    /// Whether a request asks for nothing but the health of the service.
    static func isProbe(_ target: RequestTarget) -> Bool {
        guard case .resource(let segments, _) = target else { return false }
        return probes.contains(segments)
    }

    static func routes(_ context: APIContext) -> [Route] {
        let ready: Route.Handler = { exchange in
            exchange.respond(answer(context.registry.readiness))
        }
        return [
            Route(.get, "/livez") { exchange in
                exchange.respond(context.isStuck ? .json(["status": "stuck"], status: .serviceUnavailable) : live)
            },
            Route(.get, "/readyz", handler: ready),
            Route(.get, "/healthz", handler: ready),
        ]
    }

    private static let live = Response.json(["status": "live"])

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
    var isStuck: Bool { scheduler.longestRun > limits.stuckAfter }
}
