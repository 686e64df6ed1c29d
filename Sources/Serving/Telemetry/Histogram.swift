import Synchronization

/// A family of distributions over fixed buckets, one for each value of its label.
final class Histogram: Sendable {
    private struct Cells {
        /// One count a bucket, the last for what is above every bound; not cumulative.
        var counts: [Int]
        var sum = 0.0
    }

    private let name: String
    private let help: String
    private let label: String?
    private let bounds: [Double]
    private let series: Mutex<[String: Cells]>

    /// - Parameters:
    ///   - label: the name of the one label, if any; its values come from a bounded set.
    ///   - bounds: the inclusive upper bounds of the buckets, ascending, without infinity.
    init(_ name: String, help: String, label: String? = nil, bounds: [Double]) {
        self.name = name
        self.help = help
        self.label = label
        self.bounds = bounds
        series = Mutex([:])
    }

    func observe(_ value: Double, _ labelValue: String = "") {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        series.withLock { series in
            series[labelValue, default: Cells(counts: Array(repeating: 0, count: bounds.count + 1))].counts[bucket] += 1
            series[labelValue]?.sum += value
        }
    }

    func write(to exposition: inout Exposition) {
        exposition.family(name, .histogram, help: help)
        for (value, cells) in series.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            let labels = label.map { [(name: $0, value: value)] } ?? []
            var cumulative = 0
            for (bound, count) in zip(bounds + [.infinity], cells.counts) {
                cumulative += count
                let bucket = labels + [(name: "le", value: Exposition.number(bound))]
                exposition.sample(name + "_bucket", labels: bucket, Double(cumulative))
            }
            exposition.sample(name + "_sum", labels: labels, cells.sum)
            exposition.sample(name + "_count", labels: labels, Double(cumulative))
        }
    }
}
