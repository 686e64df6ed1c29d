package import HTTP

/// What the routes work with.
package struct APIContext: Sendable {
    let registry: ModelRegistry
    let scheduler: Scheduler
    let telemetry: Telemetry
    /// The largest body of an image route, in bytes.
    let maxBody: Int

    package init(registry: ModelRegistry, scheduler: Scheduler, telemetry: Telemetry, maxBody: Int) {
        self.registry = registry
        self.scheduler = scheduler
        self.telemetry = telemetry
        self.maxBody = maxBody
    }

    /// Every route of the service, each with request ids.
    package var routes: [Route] {
        let groups = [
            ClassifyAPI.routes(self), EmbedAPI.routes(self), ModelsAPI.routes(self), HealthAPI.routes(self),
            MetricsAPI.routes(self), DocumentationAPI.routes,
        ]
        return groups.joined().map { $0.identified() }
    }
}
