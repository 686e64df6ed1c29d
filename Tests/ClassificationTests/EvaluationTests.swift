import Classification
import Testing

@Suite struct EvaluationTests {
    private func answer(_ file: String, truth: Int, _ classes: [Int], score: Float = 0.5) -> Evaluation.Answer {
        Evaluation.Answer(
            file: file,
            truth: truth,
            predictions: classes.map { Prediction(classID: $0, label: "", score: score) }
        )
    }

    private var evaluation: Evaluation {
        var evaluation = Evaluation()
        evaluation.add(answer("a", truth: 1, [1, 2, 3]))
        evaluation.add(answer("b", truth: 1, [2, 1, 3], score: 0.9))
        evaluation.add(answer("c", truth: 1, [2, 3, 4], score: 0.7))
        evaluation.add(answer("d", truth: 3, [2, 5, 3], score: 0.9))
        evaluation.add(answer("e", truth: 3, [0, 5, 4], score: 0.1))
        return evaluation
    }

    @Test func rightAnswersAreCounted() {
        #expect((0...3).map { evaluation.rightCount(within: $0) } == [0, 1, 2, 3])
        #expect(Evaluation().rightCount(within: 1) == 0)
    }

    @Test func confusionsAreCountedMostFrequentFirst() {
        let confusions = evaluation.confusions(limit: 10)
        #expect(
            confusions.map { [$0.truth, $0.prediction, $0.count, $0.total] } == [
                [1, 2, 2, 3], [3, 0, 1, 2], [3, 2, 1, 2],
            ]
        )
        #expect(evaluation.confusions(limit: 1).count == 1)
        #expect(evaluation.confusions(limit: 0).isEmpty)
    }

    @Test func theSurestMistakesComeFirst() {
        #expect(evaluation.worstMistakes(limit: 10).map(\.file) == ["b", "d", "c", "e"])
        #expect(evaluation.worstMistakes(limit: 2).map(\.file) == ["b", "d"])
    }

    /// Values of scipy.stats.binomtest(count, total).proportion_ci(method="wilson").
    @Test(arguments: [
        (0, 10, 0.0, 0.277533), (5, 10, 0.236593, 0.763407), (150, 199, 0.689481, 0.808445), (10, 10, 0.722467, 1.0),
    ])
    func intervalsAreWilsons(count: Int, total: Int, lower: Double, upper: Double) {
        let interval = Proportion(count: count, total: total).interval
        #expect(abs(interval.lower - lower) < 1e-5 && abs(interval.upper - upper) < 1e-5, "\(interval)")
    }

    @Test func nothingIsKnownOfNothing() {
        let nothing = Proportion(count: 0, total: 0)
        #expect(nothing.value == 0 && nothing.interval == (0, 1))
    }
}
