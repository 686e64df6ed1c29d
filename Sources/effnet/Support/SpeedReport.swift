import Classification
import Engine
import HTTP
import Serving

/// How fast a network ran, ready to be shown.
struct SpeedReport {
    let information: ModelInformation
    let batch: Int
    let threads: Int
    /// Of whole runs, ascending; at least one.
    let durations: [Duration]
    let machine: MachineSpeed

    private func quantile(_ share: Double) -> Duration { durations[Int(share * Double(durations.count - 1))] }
    private var median: Duration { quantile(0.5) }
    private var imagesPerSecond: Double { Double(batch) / (median / .seconds(1)) }
    private var gigaflops: Double { 2e-9 * Double(information.multiplyAdds) * imagesPerSecond }
    /// Of all threads.
    private var peakGigaflops: Double { 2e-9 * machine.multiplyAdds * Double(threads) }

    var json: String {
        let report: JSONValue = [
            "model": .string(information.name),
            "batch": .integer(batch),
            "threads": .integer(threads),
            "isa": .string(information.instructionSet),
            "precision": .string(information.precision),
            "runs": .integer(durations.count),
            "median_ms": .milliseconds(median),
            "lower_quartile_ms": .milliseconds(quantile(0.25)),
            "upper_quartile_ms": .milliseconds(quantile(0.75)),
            "images_per_second": .number(Float(imagesPerSecond)),
            "gflops": .number(Float(gigaflops)),
            "peak_gflops": .number(Float(peakGigaflops)),
        ]
        return String(decoding: report.bytes, as: UTF8.self)
    }

    var table: String {
        let quartiles = "\(Milliseconds(quantile(0.25))) and \(Milliseconds(quantile(0.75)))"
        let share = Int((100 * gigaflops / peakGigaflops).rounded())
        return """
            model    \(information.name), \(information.precision) (\(information.precisionReason)), \(information.instructionSet) kernels
            batch    \(batch), on \(threads) thread(s), \(durations.count) runs
            median   \(Milliseconds(median)) ms, quartiles \(quartiles) ms
            speed    \(Int(imagesPerSecond.rounded())) images/s, \(Int(gigaflops.rounded())) GFLOP/s
            peak     \(Int(peakGigaflops.rounded())) GFLOP/s measured on this machine; \(share) % of it reached
            """
    }
}
