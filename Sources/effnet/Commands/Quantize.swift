import ArgumentParser
import Checkpoints
import Classification
import Engine
import Imaging
import ModelGraph
import Quantizing
import Serving

struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize",
        abstract: "Maps a model to 8-bit integers, by pictures like those that it will see.",
        discussion: """
            Shows the pictures to the model in fp32, finds for each layer the scales with the least error, and writes \
            them beside the weights as quantization.safetensors; the model's precisions fp32 and bf16 stay as they \
            are. With --output a folder is written instead that holds the integers themselves, a quarter as large. \
            Pictures need no classes. A file that cannot be decoded is reported and passed by. In the end the same \
            pictures are shown in fp32 and in int8, and how often both agree is noted in precision.json, for \
            --precision auto to go by.
            """
    )

    @Argument(help: "A model folder, or a file of weights.", completion: .file())
    var model: String

    @Option(
        help: "A folder of JPEG and PNG files; folders in it are searched too. [EFFNET_IMAGES]",
        completion: .directory
    )
    var images: String

    @Option(help: "Write a model folder of integers here; it is made. [EFFNET_OUTPUT]", completion: .directory)
    var output: String?

    @Option(help: "Pictures shown at most; of more, every so many-th is taken. [EFFNET_LIMIT]")
    var limit = 500

    @Option(
        help: """
            How much larger fp32's logits shall be than what int8 changes of them; layers that cost most stay wide until \
            they are. By default 20, for networks with swish 30. [EFFNET_MIN_DECIBELS]
            """
    )
    var minDecibels: Double?

    @Flag(help: "Print one JSON object. [EFFNET_JSON]")
    var json = false

    @Option(help: "The architecture by timm's name, where the model does not say it. [EFFNET_ARCHITECTURE]")
    var architecture: String?

    @Option(help: "Cores to use; 0 takes all that this process may run on. [EFFNET_THREADS]")
    var threads = 0

    @Option(
        help: "Kernel set: baseline, avx2, avx512, avx512bf16, amx; by default the CPU's fastest. [EFFNET_ISA]"
    )
    var isa: InstructionSet?

    private var threadCount: Int { threads == 0 ? ProcessorCount.available() : threads }

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be 1 to 100000") }
        guard minDecibels.map({ (0...100).contains($0) }) ?? true else {
            throw ValidationError("--min-decibels must be 0 to 100")
        }
        guard (0...1024).contains(threads) else { throw ValidationError("--threads must be 0 to 1024") }
    }

    func run() throws {
        let folder = try ModelFolder(model)
        let paths = try pictures()
        let checkpoint: Checkpoint
        let network: Network
        var calibration: Calibration
        do {
            checkpoint = try Checkpoint(path: folder.path, architecture: architecture)
            let read = try checkpoint.network()
            network = output == nil ? read : try TimmFolder.timmForm(of: read, path: folder.path)
            calibration = try Calibration(
                network,
                name: checkpoint.name,
                limits: ImagePipeline.Limits(),
                instructionSet: isa?.rawValue,
                threads: threadCount,
                pictures: paths.count
            )
        } catch {
            throw CommandFailure(code: .badData, message: "cannot quantise the model at \(folder.path): \(error)")
        }
        do {
            // What cannot be written costs no calibration.
            if let output { try TimmFolder.make(output) }
        } catch {
            throw CommandFailure(code: .cannotWrite, message: "\(error)")
        }
        try show(paths, to: &calibration)
        let leastDecibels = minDecibels ?? calibration.defaultDecibels
        let choice: SensitiveLayers.Choice
        do {
            choice = try search(calibration, leastDecibels)
        } catch {
            throw CommandFailure(code: .badData, message: "cannot quantise the model at \(folder.path): \(error)")
        }
        let result = choice.result
        let path = try write(result, of: network, checkpoint, pictures: calibration.pictures, besideModel: folder.path)
        let agreement =
            network.classCount > 0 ? try compare(paths, floats: folder, integers: output ?? folder.path) : nil
        let report = QuantizationReport(
            model: checkpoint.name,
            path: path,
            pictures: calibration.pictures,
            leastDecibels: leastDecibels,
            choice: choice,
            agreement: agreement
        )
        Console.print(json ? report.json : report.table)
    }

    /// The files that calibrate, spread evenly over all there are.
    private func pictures() throws -> [String] {
        let found = PictureFiles([images])
        for (path, reason) in found.unreadable { Console.error("effnet: \(path): \(reason)") }
        guard ModelFolder.isFolder(images), !found.paths.isEmpty else {
            throw CommandFailure(
                code: .noInput,
                message: "there is no .jpg, .jpeg, .jpe or .png file in \(images): give --images a folder of pictures"
            )
        }
        let count = min(limit, found.paths.count)
        return (0..<count).map { found.paths[$0 * found.paths.count / count] }
    }

    private func show(_ paths: [String], to calibration: inout Calibration) throws {
        var progress = ProgressLine(sharesTerminal: false)
        var last = ""
        for (done, path) in paths.enumerated() {
            let picture: Picture
            do {
                picture = try calibration.pipeline(InputFile.read(path))
            } catch {
                progress.clear()
                last = "\(path): \(error)"
                Console.error("effnet: \(last)")
                continue
            }
            do {
                try calibration.add(picture)
            } catch {
                throw CommandFailure(code: .badData, message: "cannot quantise the model at \(model): \(error)")
            }
            progress.show(done: done + 1, of: paths.count)
        }
        progress.clear()
        guard calibration.pictures > 0 else {
            throw CommandFailure(
                code: .badData,
                message: "none of the \(paths.count) pictures can be shown; the last: \(last)"
            )
        }
    }

    private func search(_ calibration: Calibration, _ leastDecibels: Double) throws -> SensitiveLayers.Choice {
        var progress = ProgressLine(sharesTerminal: false)
        defer { progress.clear() }
        return try calibration.quantized(leastDecibels: leastDecibels) { tried, decibels in
            progress.show("choosing layers: \(tried) choices tried, the last leaves \(DecibelText(decibels))")
        }
    }

    /// Shows the pictures to the model in fp32 and in int8, and notes beside the latter how often both agree.
    private func compare(
        _ paths: [String],
        floats: ModelFolder,
        integers: String
    ) throws -> PrecisionRecord.Agreement {
        let exact = try likeliestClasses(paths, floats, .fp32)
        let rounded = try likeliestClasses(paths, ModelFolder(integers), .int8)
        let agreement = PrecisionRecord.Agreement(
            pictures: exact.count,
            agreed: zip(exact, rounded).count { $0 == $1 }
        )
        // One that is broken is made anew.
        var record = (try? PrecisionRecord(ofModel: integers)) ?? PrecisionRecord()
        record.agreements[Precision.int8.rawValue] = agreement
        do {
            try record.write(besideModel: integers)
        } catch {
            throw CommandFailure(code: .cannotWrite, message: "\(error)")
        }
        return agreement
    }

    /// Of the pictures that can be decoded.
    private func likeliestClasses(
        _ paths: [String],
        _ folder: ModelFolder,
        _ precision: Precision
    ) throws -> [Int] {
        var options = Classifier.Options()
        options.threads = threadCount
        options.instructionSet = isa?.rawValue
        options.architecture = architecture
        options.precision = .exactly(precision)
        let classifier = try folder.load(options)
        var progress = ProgressLine(sharesTerminal: false)
        var (classes, done): ([Int], Int) = ([], 0)
        let run = PictureRun(classifier: classifier, workers: threadCount, maxBatch: options.maxBatch)
        try run(paths) { _, result in
            if case .success(let result) = result {
                classes += classifier.predictions(for: result.output, count: 1).map(\.classID)
            }
            done += 1
            progress.show(done: done, of: paths.count)
        }
        progress.clear()
        return classes
    }

    /// - Returns: what was written.
    private func write(
        _ result: Quantizer.Result,
        of network: Network,
        _ checkpoint: Checkpoint,
        pictures: Int,
        besideModel model: String
    ) throws -> String {
        do {
            guard let output else {
                try QuantizationFile.write(result.quantization, pictures: pictures, besideModel: model)
                return QuantizationFile.path(ofModel: model)
            }
            try TimmFolder.write(
                network,
                quantization: result.quantization,
                integers: result.weights,
                pictures: pictures,
                labels: checkpoint.labels,
                classIdentifiers: checkpoint.classIdentifiers,
                to: output
            )
            try TimmFolder.copyLicence(ofModel: model, to: output)
            return output
        } catch {
            throw CommandFailure(code: .cannotWrite, message: "\(error)")
        }
    }
}
