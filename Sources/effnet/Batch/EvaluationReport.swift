import Classification
import Serving

/// What `evaluate` found, ready to be shown.
struct EvaluationReport {
    /// One way to run the model, and how good its answers were.
    struct Column {
        let information: ModelInformation
        let evaluation: Evaluation
        /// Of all files, from reading to answer.
        let duration: Duration

        var filesPerSecond: Double {
            Double(evaluation.answers.count) / max(duration / .seconds(1), 0.001)
        }

        func accuracy(within count: Int) -> Proportion {
            Proportion(count: evaluation.rightCount(within: count), total: evaluation.answers.count)
        }
    }

    /// Of one model, at least one.
    let columns: [Column]
    let classes: ClassNames
    let failures: [(path: String, reason: String)]
    /// Confusions and mistakes shown at most.
    let limit: Int

    // MARK: Table

    var table: String {
        let first = columns[0]
        let files = first.evaluation.answers.count
        let heading = "\(first.information.name): \(files) pictures of \(classCount) classes"
        let rows = [["precision", "top-1", "95 % between", "top-5", "agrees", "pictures a second"]] + columns.map(row)
        let details = confusions(first) + mistakes(first) + columns.dropFirst().flatMap(disagreements)
        return ([heading, ""] + TextTable.aligned(rows) + details).joined(separator: "\n")
    }

    private var classCount: Int { Set(columns[0].evaluation.answers.map(\.truth)).count }

    private func row(_ column: Column) -> [String] {
        let top1 = column.accuracy(within: 1)
        let interval = top1.interval
        return [
            column.information.precision,
            "\(Percentage(top1.value))",
            "\(Percentage(interval.lower)) and \(Percentage(interval.upper))",
            "\(Percentage(column.accuracy(within: 5).value))",
            "\(Percentage(agreement(of: column).value))",
            String(Int(column.filesPerSecond.rounded())),
        ]
    }

    /// How often the likeliest class is that of the first column.
    private func agreement(of column: Column) -> Proportion {
        column.evaluation.agreement(with: columns[0].evaluation)
    }

    private func disagreements(_ column: Column) -> [String] {
        let reference = columns[0]
        let pairs = column.evaluation.worstDisagreements(with: reference.evaluation, limit: limit)
        let rows = pairs.compactMap { here, there -> [String]? in
            guard let new = here.predictions.first, let old = there.predictions.first else { return nil }
            return [
                "\(Percentage(old.score))", old.label, "becomes", "\(Percentage(new.score))", new.label, here.file,
            ]
        }
        guard !rows.isEmpty else { return [] }
        let heading = "where \(column.information.precision) disagrees with \(reference.information.precision)"
        return ["", heading] + TextTable.aligned(rows)
    }

    private func confusions(_ column: Column) -> [String] {
        let confusions = column.evaluation.confusions(limit: limit)
        guard !confusions.isEmpty else { return [] }
        let rows = confusions.map { confusion in
            [
                "\(confusion.count) of \(confusion.total)", classes.label(of: confusion.truth), "taken for",
                classes.label(of: confusion.prediction),
            ]
        }
        return ["", "most frequent confusions"] + TextTable.aligned(rows)
    }

    private func mistakes(_ column: Column) -> [String] {
        let mistakes = column.evaluation.worstMistakes(limit: limit)
        guard !mistakes.isEmpty else { return [] }
        let rows = mistakes.compactMap { mistake in
            mistake.predictions.first.map { first in
                ["\(Percentage(first.score))", first.label, "is", classes.label(of: mistake.truth), mistake.file]
            }
        }
        return ["", "surest mistakes"] + TextTable.aligned(rows)
    }

    // MARK: JSON

    var json: String {
        let report: JSONValue = [
            "model": .string(columns[0].information.name),
            "pictures": .integer(columns[0].evaluation.answers.count),
            "classes": .integer(classCount),
            "results": .array(columns.map(json)),
            "failures": .array(failures.map { ["file": .string($0.path), "error": .string($0.reason)] }),
        ]
        return String(decoding: report.bytes, as: UTF8.self)
    }

    private func json(_ column: Column) -> JSONValue {
        [
            "precision": .string(column.information.precision),
            "isa": .string(column.information.instructionSet),
            "top_1": json(column.accuracy(within: 1)),
            "top_5": json(column.accuracy(within: 5)),
            "agreement": json(agreement(of: column)),
            "pictures_per_second": .number(Float(column.filesPerSecond)),
            "confusions": .array(
                column.evaluation.confusions(limit: limit).map { confusion in
                    [
                        "class": json(confusion.truth),
                        "taken_for": json(confusion.prediction),
                        "count": .integer(confusion.count),
                        "of": .integer(confusion.total),
                    ]
                }
            ),
            "mistakes": .array(
                column.evaluation.worstMistakes(limit: limit).map { mistake in
                    [
                        "file": .string(mistake.file),
                        "class": json(mistake.truth),
                        "predictions": .array(mistake.predictions.map { JSONValue($0) }),
                    ]
                }
            ),
        ]
    }

    private func json(_ classID: Int) -> JSONValue {
        ["class_id": .integer(classID), "label": .string(classes.label(of: classID))]
    }

    private func json(_ proportion: Proportion) -> JSONValue {
        let (lower, upper) = proportion.interval
        return [
            "share": .number(Float(proportion.value)),
            "count": .integer(proportion.count),
            "lower_95": .number(Float(lower)),
            "upper_95": .number(Float(upper)),
        ]
    }
}
