import Classification
import Engine
import Imaging
import Serving

/// How `classify` shows its results.
struct FileReport {
    let model: Classifier
    /// Classes a file.
    let count: Int
    let isJSON: Bool
    let hasLogits: Bool

    /// Prints one file's result; errors of the table go to standard error.
    ///
    /// - Returns: whether the file was classified.
    func show(_ path: String, _ result: Result<JobResult, FileFailure>) -> Bool {
        switch result {
        case .success(let result):
            if isJSON { showJSON(path, result) } else { showTable(path, result) }
            return true
        case .failure(let failure):
            if isJSON {
                Console.print(line(["file": .string(path), "error": .string(failure.description)]))
            } else {
                Console.error("effnet: \(path): \(failure)")
            }
            return false
        }
    }

    private func showJSON(_ path: String, _ result: JobResult) {
        var members: [JSONValue.Member] = [
            .init(name: "file", value: .string(path)),
            .init(name: "model", value: .string(model.information.name)),
            .init(
                name: "predictions",
                value: .array(model.predictions(for: result.output, count: count).map { JSONValue($0) })
            ),
            .init(name: "image", value: result.image.map { JSONValue($0) } ?? .null),
            .init(
                name: "timing_ms",
                value: JSONValue(phases: [
                    ("decode", result.phases.decode), ("inference", result.phases.inference),
                ])
            ),
            .init(name: "batch_size", value: .integer(result.batchSize)),
        ]
        if hasLogits {
            members.append(.init(name: "logits", value: .array(result.output.logits.map { .number($0) })))
        }
        Console.print(line(.object(members)))
    }

    private func showTable(_ path: String, _ result: JobResult) {
        let facts = result.image.map { "  (\($0.width)×\($0.height) \($0.format.rawValue))" } ?? ""
        var lines = [path + facts]
        for prediction in model.predictions(for: result.output, count: count) {
            lines.append("  \(percentage(prediction.score))  \(prediction.label)  [\(prediction.classID)]")
        }
        Console.print(lines.joined(separator: "\n"))
    }

    /// A score as percent with one decimal, right-aligned: " 59.8 %".
    private func percentage(_ score: Float) -> String {
        let tenths = score.isFinite ? Int((min(max(score, 0), 1) * 1000).rounded()) : 0
        let text = "\(tenths / 10).\(tenths % 10) %"
        return String(repeating: " ", count: 7 - text.count) + text
    }

    private func line(_ value: JSONValue) -> String {
        String(decoding: value.bytes, as: UTF8.self)
    }
}
