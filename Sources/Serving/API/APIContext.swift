package import HTTP

/// What the routes work with.
package struct APIContext: Sendable {
    let registry: ModelRegistry
    let manager: ModelManager
    let scheduler: Scheduler
    let telemetry: Telemetry
    let readers: BodyReaders
    let limits: APILimits

    package init(
        registry: ModelRegistry,
        manager: ModelManager,
        scheduler: Scheduler,
        telemetry: Telemetry,
        readers: BodyReaders,
        limits: APILimits
    ) {
        self.registry = registry
        self.manager = manager
        self.scheduler = scheduler
        self.telemetry = telemetry
        self.readers = readers
        self.limits = limits
    }

    /// Every route of the service; answers are compressed for clients that want it.
    package var routes: [Route] {
        let groups = [
            ClassifyAPI.routes(self), EmbedAPI.routes(self), ExplainAPI.routes(self), ModelsAPI.routes(self),
            HealthAPI.routes(self),
            MetricsAPI.routes(self), StatsAPI.routes(self), OpenInferenceAPI.routes(self),
            ModelRepositoryAPI.routes(self), TensorFlowServingAPI.routes(self), DocumentationAPI.routes(self),
        ]
        return groups.joined().map { $0.compressed() }
    }
}

/// The bounds of the routes.
package struct APILimits: Sendable {
    /// The largest body of a request for inference, in bytes, before and after its content coding is undone.
    package var maxBody = 32 << 20
    /// Pictures in one request.
    package var maxImages = 64
    /// Whether clients may load and unload models.
    package var allowsModelControl = false
    /// Whether browsers get the page at `/`.
    package var hasPage = true
    /// A worker that has had one batch for this long is stuck.
    package var stuckAfter: Duration = .seconds(60)

    package init() {}
}
