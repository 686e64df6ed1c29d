import ArgumentParser
import Checkpoints
import Classification
import Engine
import Serving

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures how often a model is right about pictures of known classes.",
        discussion: """
            Takes a folder with a folder of pictures for each class, or a CSV file with a file and its class on each \
            line (a first line that begins with "file" names the columns). Classes are named by label, whatever the \
            case and with underscores for spaces; by identifier, such as n01440764 or n01440764_tench; or by index. A \
            picture that cannot be classified is reported and left out; the exit code is then 1.
            """
    )

    @Argument(help: "A folder of folders, or a CSV file.", completion: .file())
    var pictures: String

    @Option(help: "Confusions and mistakes shown at most. [EFFNET_WORST]")
    var worst = 10

    @Flag(help: "Print one JSON object. [EFFNET_JSON]")
    var json = false

    @Flag(help: "Run the model in every precision, and count how often it agrees with fp32. [EFFNET_ALL_PRECISIONS]")
    var allPrecisions = false

    @Flag(
        help: """
            With --all-precisions: write how often each agrees into the model's folder, as precision.json, for \
            --precision auto to go by. [EFFNET_RECORD]
            """
    )
    var record = false

    @OptionGroup(title: "Model") var model: ModelOptions

    /// What counts as nearly right, as everybody counts.
    private static let topCount = 5

    func validate() throws {
        guard (0...1_000_000).contains(worst) else { throw ValidationError("--worst must be 0 to 1000000") }
        guard allPrecisions || !record else { throw ValidationError("--record goes with --all-precisions") }
    }

    func run() throws {
        let folder = try ModelFolder(model.model)
        var failures: [(path: String, reason: String)] = []
        var columns: [EvaluationReport.Column] = []
        var items: [LabelledPictures.Item] = []
        var classes: ClassNames?
        var isQuantized = false
        for request in allPrecisions ? Precision.allCases.map(PrecisionRequest.exactly) : [nil] {
            if request == .exactly(.int8), !isQuantized { continue }
            var options = model.classifierOptions
            if let request { options.precision = request }
            let classifier = try load(folder, options)
            isQuantized = classifier.isQuantized
            if classes == nil {
                classes = classifier.classNames
                items = try LabelledPictures(pictures, classes: classifier.classNames).items
            }
            failures = []
            columns.append(try evaluate(classifier, items, &failures))
        }
        guard let classes, let first = columns.first else { return }
        guard !first.evaluation.answers.isEmpty else {
            throw CommandFailure(
                code: .badData,
                message: "none of the \(items.count) files could be classified; the first: "
                    + (failures.first.map { "\($0.path): \($0.reason)" } ?? "")
            )
        }
        let report = EvaluationReport(
            columns: columns,
            classes: classes,
            failures: failures,
            limit: worst
        )
        Console.print(json ? report.json : report.table)
        if record { try write(columns, folder) }
        guard failures.isEmpty else {
            if !json { for (path, reason) in failures { Console.error("effnet: \(path): \(reason)") } }
            throw CommandFailure(
                code: .partial,
                message: "\(failures.count) of \(items.count) files could not be classified"
            )
        }
    }

    private func load(_ folder: ModelFolder, _ options: Classifier.Options) throws -> Classifier {
        var progress = ProgressLine(sharesTerminal: false)
        let classifier = try folder.load(options) { share in
            progress.show("loading the model: \(Int(share * 100)) %")
        }
        progress.clear()
        guard classifier.information.classCount > 0 else {
            throw CommandFailure(code: .badData, message: "model \(classifier.information.name) has no classifier")
        }
        return classifier
    }

    /// The record for `--precision auto`.
    private func write(_ columns: [EvaluationReport.Column], _ folder: ModelFolder) throws {
        var record = PrecisionRecord()
        for column in columns.dropFirst() {
            let agreement = column.evaluation.agreement(with: columns[0].evaluation)
            record.agreements[column.information.precision] = PrecisionRecord.Agreement(
                pictures: agreement.total,
                agreed: agreement.count
            )
        }
        do {
            try record.write(besideModel: folder.path)
        } catch {
            throw CommandFailure(code: .cannotWrite, message: "\(error)")
        }
    }

    /// Shows all pictures to one model.
    private func evaluate(
        _ classifier: Classifier,
        _ items: [LabelledPictures.Item],
        _ failures: inout [(path: String, reason: String)]
    ) throws -> EvaluationReport.Column {
        var progress = ProgressLine(sharesTerminal: false)
        var evaluation = Evaluation()
        var done = 0
        let run = PictureRun(classifier: classifier, workers: model.threadCount, maxBatch: model.maxBatch)
        let start = ContinuousClock.now
        try run(items.map(\.path)) { path, result in
            switch result {
            case .success(let result):
                evaluation.add(
                    Evaluation.Answer(
                        file: path,
                        truth: items[done].classID,
                        predictions: classifier.predictions(for: result.output, count: Self.topCount)
                    )
                )
            case .failure(let failure): failures.append((path, failure.description))
            }
            done += 1
            progress.show(done: done, of: items.count)
        }
        progress.clear()
        return EvaluationReport.Column(
            information: classifier.information,
            evaluation: evaluation,
            duration: ContinuousClock.now - start
        )
    }
}
