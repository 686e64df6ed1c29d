import Synchronization

/// What all connections of a server share: routes, bounds, and the memory that bodies may take together.
package final class ConnectionPolicy: Sendable {
    package let configuration: ServerConfiguration
    package let router: Router
    let headLimits: RequestHeadParser.Limits
    private let bufferedBytes = Atomic(0)

    package init(configuration: ServerConfiguration, router: Router) {
        self.configuration = configuration
        self.router = router
        headLimits = RequestHeadParser.Limits(
            maxHeadBytes: configuration.maxHeadBytes,
            maxTargetBytes: configuration.maxTargetBytes,
            maxFields: configuration.maxFields
        )
    }

    /// Takes `count` bytes from the budget of bodies; false, and nothing taken, when they do not fit.
    func reserve(_ count: Int) -> Bool {
        let taken = bufferedBytes.add(count, ordering: .relaxed).newValue
        guard taken > configuration.maxBufferedBytes else { return true }
        bufferedBytes.subtract(count, ordering: .relaxed)
        return false
    }

    func release(_ count: Int) {
        bufferedBytes.subtract(count, ordering: .relaxed)
    }
}
