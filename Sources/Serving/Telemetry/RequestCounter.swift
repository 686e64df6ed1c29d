import Synchronization

/// The answered requests by route and status. Every request of the service is counted here, so it makes no text and no
/// array of it as a `Counter` would.
final class RequestCounter: Sendable {
    private struct Kind: Hashable {
        /// A pattern of the routing table; nil where no route matched.
        let route: String?
        let status: Int
    }

    private let counts = Mutex<[Kind: Int]>([:])

    func add(route: String?, status: Int) {
        counts.withLock { $0[Kind(route: route, status: status), default: 0] += 1 }
    }

    func write(to exposition: inout Exposition) {
        let name = "effnet_http_requests_total"
        exposition.family(name, .counter, help: "Answered requests by route and status.")
        let rows = counts.withLock { $0 }.map {
            (route: $0.key.route ?? "none", status: $0.key.status, count: $0.value)
        }
        for row in rows.sorted(by: { ($0.route, $0.status) < ($1.route, $1.status) }) {
            exposition.sample(name, labels: [("route", row.route), ("status", String(row.status))], Double(row.count))
        }
    }
}
