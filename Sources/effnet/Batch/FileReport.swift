import Classification
import Engine
import Imaging
import Serving

/// How `classify` says what it found in each file.
struct FileReport {
    enum Form: Equatable {
        /// For people, of several lines a file; errors go to standard error.
        case table
        /// One JSON object a line.
        case jsonLines
        /// One line a file, behind a line of names.
        case csv
    }

    let model: Classifier
    /// Classes a file.
    let count: Int
    let form: Form
    let hasLogits: Bool

    /// The line before all others, if there is one.
    var header: String? {
        guard form == .csv else { return nil }
        let classes = (1...max(1, count)).flatMap { ["class_id_\($0)", "label_\($0)", "score_\($0)"] }
        return CSV.line(["file", "width", "height", "error"] + classes)
    }

    /// What is said of one file; nil in the table for one that failed.
    func text(_ path: String, _ result: Result<JobResult, FileFailure>) -> String? {
        switch form {
        case .jsonLines: String(decoding: json(path, result).bytes, as: UTF8.self)
        case .csv: csv(path, result)
        case .table: try? table(path, result.get())
        }
    }

    private func predictions(_ result: JobResult) -> [Prediction] {
        model.predictions(for: result.output, count: count)
    }

    private func json(_ path: String, _ result: Result<JobResult, FileFailure>) -> JSONValue {
        switch result {
        case .success(let result): json(path, result)
        case .failure(let failure): ["file": .string(path), "error": .string(failure.description)]
        }
    }

    private func json(_ path: String, _ result: JobResult) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "file", value: .string(path)),
            .init(name: "model", value: .string(model.information.name)),
            .init(name: "predictions", value: .array(predictions(result).map { JSONValue($0) })),
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
        return .object(members)
    }

    private func csv(_ path: String, _ result: Result<JobResult, FileFailure>) -> String {
        switch result {
        case .success(let result):
            let size = result.image.map { [String($0.width), String($0.height)] } ?? ["", ""]
            let classes = predictions(result).flatMap { [String($0.classID), $0.label, $0.score.description] }
            return CSV.line([path] + size + [""] + classes)
        case .failure(let failure):
            return CSV.line([path, "", "", failure.description] + Array(repeating: "", count: 3 * count))
        }
    }

    private func table(_ path: String, _ result: JobResult) -> String {
        let facts = result.image.map { "  (\($0.width)×\($0.height) \($0.format.rawValue))" } ?? ""
        let lines = predictions(result).map { "  \(Percentage($0.score).aligned)  \($0.label)  [\($0.classID)]" }
        return ([path + facts] + lines).joined(separator: "\n")
    }
}

/// A share of one as people read it: "59.8 %".
struct Percentage: CustomStringConvertible {
    let description: String

    init(_ share: Double) {
        let tenths = share.isFinite ? Int((min(max(share, 0), 1) * 1000).rounded()) : 0
        description = "\(tenths / 10).\(tenths % 10) %"
    }

    init(_ share: Float) {
        self.init(Double(share))
    }

    /// As wide as "100.0 %".
    var aligned: String { String(repeating: " ", count: max(0, 7 - description.count)) + description }
}
