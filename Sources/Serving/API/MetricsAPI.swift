import HTTP
import HTTPTypes

/// `GET /metrics`, for Prometheus.
enum MetricsAPI {
    static func routes(_ context: APIContext) -> [Route] {
        [
            Route(.get, "/metrics") { exchange in
                let text = context.telemetry.exposition(
                    load: context.scheduler.load,
                    isReady: context.registry.readiness == .ready
                )
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
