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
            Runs are repeated for --seconds after a warm-up. The table shows the median of the whole batch, the \
            quartiles, and the speed as a share of this machine's measured peak. With --profile each layer is shown \
            with its share of its own roofline: the longer of computing at the peak and reading at the speed of memory.
            """
    )

    @Option(help: "Images in one run, 1 to 256. [EFFNET_BATCH]")
    var batch = 1

    @Option(help: "How long to measure. [EFFNET_SECONDS]")
    var seconds = 3.0

    @Flag(help: "Print one JSON object. [EFFNET_JSON]")
    var json = false

    @Flag(help: "Measure each layer on one thread instead. [EFFNET_PROFILE]")
    var profile = false

    @Option(
        help: "Measure the path of an image instead, over the JPEG and PNG files of this folder. [EFFNET_IMAGES]",
        completion: .directory
    )
    var images: String?

    @OptionGroup(title: "Model") var model: ModelOptions

    func validate() throws {
        guard (1...256).contains(batch) else { throw ValidationError("--batch must be 1 to 256") }
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds must be above 0, at most 3600") }
    }

    func run() throws {
        var options = model.classifierOptions
        options.maxBatch = batch
        let classifier = try ModelFolder(model.model).load(options)
        if let images {
            let report = try ImagePathReport(folder: images, classifier: classifier, threads: model.threadCount)
            Console.print(json ? report.json : report.table)
            return
        }
        let machine = try MachineSpeed(
            InstructionSet.select(classifier.information.instructionSet),
            precision: Precision(rawValue: classifier.information.precision) ?? .fp32
        )
        if profile {
            let steps = try classifier.profile(images: batch, repetitions: 20)
            let report = ProfileReport(steps: steps, machine: machine)
            Console.print(json ? report.json : report.table)
            return
        }
        let report = SpeedReport(
            information: classifier.information,
            batch: batch,
            threads: model.threadCount,
            durations: try measure(classifier).sorted(),
            machine: machine
        )
        Console.print(json ? report.json : report.table)
    }

    /// Durations of whole runs.
    private func measure(_ classifier: Classifier) throws -> [Duration] {
        let transform = classifier.information.transform
        let tensor = [Float](repeating: 0.5, count: batch * transform.mean.count * transform.height * transform.width)
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
}
