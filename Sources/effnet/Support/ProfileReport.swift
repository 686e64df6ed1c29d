import Engine
import HTTP
import Serving

/// Where the time of a run goes, ready to be shown.
struct ProfileReport {
    let steps: [StepProfile]
    let machine: MachineSpeed

    private var total: Duration { steps.reduce(.zero) { $0 + $1.duration } }

    private func gigaflops(_ step: StepProfile) -> Double {
        2e-9 * Double(step.multiplyAdds) / (step.duration / .seconds(1))
    }

    /// The share of the layer's roofline that it reached.
    private func rooflineShare(_ step: StepProfile) -> Double {
        machine.roofline(multiplyAdds: step.multiplyAdds, traffic: step.traffic) / step.duration
    }

    var json: String {
        let layers = steps.map { step -> JSONValue in
            [
                "name": .string(step.name),
                "kind": .string(step.kind),
                "ms": .milliseconds(step.duration),
                "multiply_adds": .integer(step.multiplyAdds),
                "bytes": .integer(step.traffic),
                "gflops": .number(Float(gigaflops(step))),
                "roofline_share": .number(Float(rooflineShare(step))),
            ]
        }
        let report: JSONValue = [
            "total_ms": .milliseconds(total),
            "peak_gflops": .number(Float(2e-9 * machine.multiplyAdds)),
            "memory_gb_per_second": .number(Float(1e-9 * machine.bytes)),
            "layers": .array(layers),
        ]
        return String(decoding: report.bytes, as: UTF8.self)
    }

    var table: String {
        var lines = ["     ms   share  GFLOP/s  roofline  layer"]
        for step in steps {
            let columns = [
                Milliseconds(step.duration).description.leftPadded(to: 7),
                percent(step.duration / total).leftPadded(to: 7),
                "\(Int(gigaflops(step).rounded()))".leftPadded(to: 8),
                percent(rooflineShare(step)).leftPadded(to: 9),
                " \(step.name) (\(step.kind))",
            ]
            lines.append(columns.joined(separator: " "))
        }
        let peak = Int((2e-9 * machine.multiplyAdds).rounded())
        let memory = Int((1e-9 * machine.bytes).rounded())
        lines.append("\(Milliseconds(total)) ms in all; peak \(peak) GFLOP/s, memory \(memory) GB/s")
        return lines.joined(separator: "\n")
    }

    /// With one decimal.
    private func percent(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
