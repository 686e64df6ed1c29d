import ArgumentParser
import Classification
import Engine
import ModelGraph
import Serving

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures how fast the network runs on this machine.",
        discussion: """
            Runs are repeated for --seconds after a warm-up. The table shows the median of the whole batch and the \
            spread as the quartiles.
            """
    )

    @Option(help: "Images in one run, 1 to 256. [EFFNET_BATCH]")
    var batch = 1

    @Option(help: "How long to measure. [EFFNET_SECONDS]")
    var seconds = 3.0

    @Flag(help: "Print one JSON object. [EFFNET_JSON]")
    var json = false

    @Flag(help: "Show each layer's time on one thread instead. [EFFNET_PROFILE]")
    var profile = false

    @OptionGroup(title: "Model") var model: ModelOptions

    func validate() throws {
        guard (1...256).contains(batch) else { throw ValidationError("--batch must be 1 to 256") }
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds must be above 0, at most 3600") }
    }

    func run() throws {
        var options = model.classifierOptions
        options.maxBatch = batch
        let classifier = try ModelFolder(model.model).load(options)
        if profile {
            try showProfile(of: classifier)
            return
        }
        let durations = try measure(classifier).sorted()
        let report = Report(
            information: classifier.information,
            batch: batch,
            threads: model.threadCount,
            durations: durations
        )
        Console.print(json ? report.json : report.table)
    }

    private func showProfile(of classifier: Classifier) throws {
        let steps = try classifier.profile(images: batch, repetitions: 20)
        let total = steps.reduce(Duration.zero) { $0 + $1.duration }
        Console.print("     ms   share  GFLOP/s  layer")
        for step in steps {
            let share = Int((step.duration / total * 1_000).rounded())
            let speed = Int((2e-9 * Double(step.multiplyAdds) / (step.duration / .seconds(1))).rounded())
            let columns = [
                Milliseconds(step.duration).description.leftPadded(to: 7),
                "\(share / 10).\(share % 10) %".leftPadded(to: 7),
                "\(speed)".leftPadded(to: 8), "\(step.name) (\(step.kind))",
            ]
            Console.print(columns.joined(separator: " "))
        }
        Console.print("\(Milliseconds(total)) ms in all")
    }

    /// Durations of whole runs.
    private func measure(_ classifier: Classifier) throws -> [Duration] {
        let transform = classifier.information.transform
        let tensor = [Float](repeating: 0.5, count: batch * 3 * transform.height * transform.width)
        let clock = ContinuousClock()
        let warmUpEnd = clock.now + .seconds(min(0.5, seconds / 4))
        while clock.now < warmUpEnd {
            _ = try classifier.run(tensor: tensor, images: batch, threads: model.threadCount)
        }
        var durations: [Duration] = []
        let end = clock.now + .seconds(seconds)
        repeat {
            durations.append(
                try clock.measure {
                    _ = try classifier.run(tensor: tensor, images: batch, threads: model.threadCount)
                }
            )
        } while clock.now < end
        return durations
    }

    /// What was measured, ready to be shown.
    private struct Report {
        let information: ModelInformation
        let batch: Int
        let threads: Int
        /// Of whole runs, ascending; at least one.
        let durations: [Duration]

        private func quantile(_ share: Double) -> Duration { durations[Int(share * Double(durations.count - 1))] }
        private var median: Duration { quantile(0.5) }
        private var imagesPerSecond: Double { Double(batch) / (median / .seconds(1)) }
        private var gigaflops: Double { 2 * Double(information.multiplyAdds) * imagesPerSecond / 1e9 }

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
            ]
            return String(decoding: report.bytes, as: UTF8.self)
        }

        var table: String {
            let quartiles = "\(Milliseconds(quantile(0.25))) and \(Milliseconds(quantile(0.75)))"
            return """
                model    \(information.name), \(information.precision), \(information.instructionSet) kernels
                batch    \(batch), on \(threads) thread(s), \(durations.count) runs
                median   \(Milliseconds(median)) ms, quartiles \(quartiles) ms
                speed    \(Int(imagesPerSecond.rounded())) images/s, \(Int(gigaflops.rounded())) GFLOP/s
                """
        }
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
