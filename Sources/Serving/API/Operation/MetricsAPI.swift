import HTTP
import HTTPTypes

/// `GET /metrics`, for Prometheus.
enum MetricsAPI {
    static func routes(_ context: APIContext) -> [Route] {
        [
            Route(.get, "/metrics") { exchange in
                let load = context.scheduler.load
                let pending = context.registry.entries.compactMap { entry in
                    entry.served.map { served in
                        (entry.identity, served.lanes.reduce(0) { $0 + (load.queuedByLane[$1] ?? 0) })
                    }
                }
                let isReady = context.registry.readiness == .ready
                let text = context.telemetry.exposition(.init(load: load, isReady: isReady, pending: pending))
                exchange.respond(
                    Response(
                        status: .ok,
                        fields: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                        body: Array(text.utf8)
                    )
                )
            }
        ]
    }
}
