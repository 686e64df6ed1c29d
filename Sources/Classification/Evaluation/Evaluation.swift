/// How good a model's answers are for pictures whose classes are known.
package struct Evaluation: Sendable {
    /// One picture and what the model said of it.
    package struct Answer: Sendable, Equatable {
        package var file: String
        /// The true class.
        package var truth: Int
        /// The likeliest classes, likeliest first.
        package var predictions: [Prediction]

        package init(file: String, truth: Int, predictions: [Prediction]) {
            self.file = file
            self.truth = truth
            self.predictions = predictions
        }

        /// Whether the true class is among the `count` likeliest.
        package func isRight(within count: Int) -> Bool {
            predictions.prefix(count).contains { $0.classID == truth }
        }
    }

    /// Pictures of one class that were taken for another.
    package struct Confusion: Sendable, Equatable {
        package var truth: Int
        package var prediction: Int
        package var count: Int
        /// Of all pictures of the true class.
        package var total: Int
    }

    package private(set) var answers: [Answer] = []

    package init() {}

    package mutating func add(_ answer: Answer) {
        answers.append(answer)
    }

    /// Pictures whose true class is among the `count` likeliest.
    package func rightCount(within count: Int) -> Int {
        answers.count { $0.isRight(within: count) }
    }

    /// Pictures that have the same likeliest class here and in another evaluation of the same pictures.
    package func agreement(with other: Evaluation) -> Proportion {
        let pairs = zip(answers, other.answers)
        let agreed = pairs.count { $0.predictions.first?.classID == $1.predictions.first?.classID }
        return Proportion(count: agreed, total: answers.count)
    }

    /// Pictures that another evaluation of the same pictures was surest of and that get another class here, at most
    /// `limit`.
    package func worstDisagreements(with other: Evaluation, limit: Int) -> [(here: Answer, there: Answer)] {
        let pairs = zip(answers, other.answers).filter {
            $0.predictions.first?.classID != $1.predictions.first?.classID
        }
        let sorted = pairs.sorted { ($1.1.topScore, $0.0.file) < ($0.1.topScore, $1.0.file) }
        return sorted.prefix(max(0, limit)).map { (here: $0, there: $1) }
    }

    /// The most frequent confusions, at most `limit`; of those that are as frequent, smaller classes first.
    package func confusions(limit: Int) -> [Confusion] {
        struct Pair: Hashable {
            var truth: Int
            var prediction: Int
        }
        var counts: [Pair: Int] = [:]
        var totals: [Int: Int] = [:]
        for answer in answers {
            totals[answer.truth, default: 0] += 1
            guard let first = answer.predictions.first, first.classID != answer.truth else { continue }
            counts[Pair(truth: answer.truth, prediction: first.classID), default: 0] += 1
        }
        let sorted = counts.sorted { left, right in
            (-left.value, left.key.truth, left.key.prediction) < (-right.value, right.key.truth, right.key.prediction)
        }
        return sorted.prefix(max(0, limit)).map { pair, count in
            Confusion(truth: pair.truth, prediction: pair.prediction, count: count, total: totals[pair.truth] ?? 0)
        }
    }

    /// The mistakes that the model was surest of, at most `limit`, surest first.
    package func worstMistakes(limit: Int) -> [Answer] {
        let mistakes = answers.filter { !$0.isRight(within: 1) }
        let sorted = mistakes.sorted { ($1.topScore, $0.file) < ($0.topScore, $1.file) }
        return Array(sorted.prefix(max(0, limit)))
    }
}

extension Evaluation.Answer {
    fileprivate var topScore: Float { predictions.first?.score ?? 0 }
}
