import Synchronization

/// A family of counts that only grow, one for each combination of label values.
///
/// Label values must come from a bounded set: routes and reasons, never what a client sent.
final class Counter: Sendable {
    private let name: String
    private let help: String
    private let labels: [String]
    private let values: Mutex<[[String]: Double]>

    /// - Parameter combinations: label values that are shown from the start, as 0.
    init(_ name: String, help: String, labels: [String] = [], combinations: [[String]] = []) {
        self.name = name
        self.help = help
        self.labels = labels
        let shown = labels.isEmpty ? [[]] : combinations
        values = Mutex(Dictionary(uniqueKeysWithValues: shown.map { ($0, 0) }))
    }

    /// - Parameter labels: one value for each label, in their order.
    func add(_ amount: Double = 1, _ labels: String...) {
        values.withLock { $0[labels, default: 0] += amount }
    }

    func write(to exposition: inout Exposition) {
        exposition.family(name, .counter, help: help)
        for (key, value) in values.withLock({ $0 }).sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            exposition.sample(name, labels: zip(labels, key).map { ($0, $1) }, value)
        }
    }
}
