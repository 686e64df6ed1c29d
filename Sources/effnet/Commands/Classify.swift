import ArgumentParser
import Classification
import Imaging
import Serving

struct Classify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Classifies image files.",
        discussion: """
            Prints the most likely classes of each file, in the order given. A file that cannot be classified is \
            reported and does not stop the others; the exit code is then 1. With --recursive folders are searched for \
            files whose names end in .jpg, .jpeg, .jpe or .png; hidden ones and links to folders are passed by.
            """
    )

    @Argument(help: "JPEG or PNG files; with --recursive, folders of them.", completion: .file())
    var files: [String]

    @Flag(help: "Search the folders given, and those in them. [EFFNET_RECURSIVE]")
    var recursive = false

    @Option(
        help:
            "Write to this file instead, as JSON lines (.jsonl) or a table (.csv), and show progress. [EFFNET_OUTPUT]",
        completion: .file(extensions: ["jsonl", "csv"])
    )
    var output: String?

    @Option(help: "Classes shown for each file. [EFFNET_TOP_K]")
    var topK = 5

    @Flag(help: "Print one JSON object a line. [EFFNET_JSON]")
    var json = false

    @Flag(help: "Add all logits to each JSON object. [EFFNET_LOGITS]")
    var logits = false

    @OptionGroup(title: "Model") var model: ModelOptions

    /// Errors that are printed as well where the output file has them all.
    private static let shownErrors = 5

    private var form: FileReport.Form? {
        guard let output else { return json ? .jsonLines : .table }
        if output.hasSuffix(".jsonl") { return .jsonLines }
        return output.hasSuffix(".csv") && !json ? .csv : nil
    }

    func validate() throws {
        guard topK > 0 else { throw ValidationError("--top-k must be positive") }
        guard let form else { throw ValidationError("--output must end in .jsonl, or without --json in .csv") }
        guard form == .jsonLines || !logits else { throw ValidationError("--logits needs --json or --output *.jsonl") }
    }

    func run() throws {
        var progress = ProgressLine()
        let classifier = try ModelFolder(model.model).load(model.classifierOptions) { share in
            progress.show("loading the model: \(Int(share * 100)) %")
        }
        progress.clear()
        guard classifier.information.classCount > 0 else {
            throw CommandFailure(
                code: .badData,
                message:
                    "model \(classifier.information.name) has no classifier: embeddings come from POST /v1/embed of "
                    + "effnet serve, or from effnet run --embedding"
            )
        }
        let found = recursive ? PictureFiles(files) : nil
        let paths = found?.paths ?? files
        let unreadable = found?.unreadable ?? []
        guard !paths.isEmpty || !unreadable.isEmpty else {
            throw CommandFailure(
                code: .noInput,
                message: "there is no .jpg, .jpeg, .jpe or .png file in \(files.joined(separator: ", "))"
            )
        }
        for (path, reason) in unreadable { Console.error("effnet: \(path): \(reason)") }
        let failures = try classify(paths, with: classifier) + unreadable.count
        if failures > 0 {
            let hint = paths.contains(where: ModelFolder.isFolder) ? "; give --recursive to search folders" : ""
            throw CommandFailure(
                code: .partial,
                message: "\(failures) of \(paths.count + unreadable.count) files could not be classified\(hint)"
            )
        }
    }

    /// Classifies and reports all files in order.
    ///
    /// - Returns: how many failed.
    private func classify(_ paths: [String], with classifier: Classifier) throws -> Int {
        let report = FileReport(
            model: classifier,
            count: min(topK, classifier.information.classCount),
            form: form ?? .table,
            hasLogits: logits
        )
        let file = try output.map { path throws(CommandFailure) in try OutputFile(path: path) }
        var progress = ProgressLine(sharesTerminal: file == nil)
        let start = ContinuousClock.now
        var done = 0
        var failures = 0
        if let header = report.header { try file?.write(header) }
        let run = PictureRun(classifier: classifier, workers: model.threadCount, maxBatch: model.maxBatch)
        try run(paths) { path, result in
            if case .failure(let failure) = result {
                failures += 1
                let isShown = file == nil ? report.form == .table : failures <= Self.shownErrors
                if isShown {
                    progress.clear()
                    Console.error("effnet: \(path): \(failure)")
                }
            }
            if let text = report.text(path, result) {
                if let file {
                    try file.write(text)
                } else {
                    progress.clear()
                    Console.print(text)
                }
            }
            done += 1
            progress.show(done: done, of: paths.count)
        }
        progress.clear()
        try file?.flush()
        if let output {
            let duration = ContinuousClock.now - start
            let rate = Double(done) / max(duration / .seconds(1), 0.001)
            Console.error("effnet: \(done) files in \(TimeText(duration)), \(Int(rate.rounded())) a second: \(output)")
        }
        return failures
    }
}
