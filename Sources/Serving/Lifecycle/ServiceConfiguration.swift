package import HTTP

/// Everything a user may set about a service, with its default.
package struct ServiceConfiguration: Sendable {
    package var server = ServerConfiguration()
    /// Threads, and so cores, that decode and infer.
    package var workers = 1
    package var batching = BatcherLimits()
    package var queueTimeout: Duration = .seconds(5)
    package var limits = APILimits()
    /// How often the store is looked at; never for nil.
    package var modelPoll: Duration?
    /// Who may ask for anything but the health probes; nil lets everybody.
    package var apiKeys: APIKeys?
    /// Whose pages may call this service from a browser; nil leaves that to the browser's own rule, which is nobody's.
    package var crossOrigin: CrossOriginPolicy?
    /// Normal service after the first signal, for load balancers to notice.
    package var drainDelay: Duration = .zero
    /// How long open requests may take after that.
    package var drainTimeout: Duration = .seconds(30)

    package init() {}
}
