extension BatcherStateMachine {
    /// Pictures in one run of a lane's network, as far as more of them make a picture cheaper.
    package func payingBatch(lane: Int) -> Int {
        costs[lane]?.payingBatch(limit: limits.maxBatch) ?? limits.maxBatch
    }

    /// What is known of a lane's costs; nil while that is nothing.
    func learntCosts(lane: Int) -> LearntCosts? {
        costs[lane].map { cost in
            LearntCosts(
                model: cost,
                payingBatch: payingBatch(lane: lane),
                payingThreads: cost.fastestThreads(images: 1, cores: spans.count)
            )
        }
    }

    /// How long a picture that comes now will wait for a worker: all work that is left, shared by all workers. Zero
    /// while nothing is known of the costs.
    package func expectedWait(at now: Instant) -> Duration {
        if queue.isEmpty, !idle.isEmpty { return .zero }
        let running = spans.reduce(0.0) { sum, span in
            sum + max(0, span.map { (now.duration(to: $0.end)).inSeconds } ?? 0)
        }
        let waiting = queuedByLane.reduce(0.0) { sum, lane in
            guard let cost = costs[lane.key] else { return sum }
            let batch = min(lane.value, cost.payingBatch(limit: limits.maxBatch))
            return sum + cost.batchSeconds(images: batch) / Double(batch) * Double(lane.value)
        }
        return .seconds((running + waiting) / Double(spans.count))
    }

    /// How long the busiest worker has had its batch.
    package func longestRun(at now: Instant) -> Duration {
        guard idle.count < spans.count else { return .zero }
        return spans.reduce(.zero) { longest, span in max(longest, span?.start.duration(to: now) ?? .zero) }
    }

    /// Whether the last of these entries can be started and answered in time, as far as costs are known.
    func canMeetDeadlines(_ entries: [Entry], at now: Instant) -> Bool {
        guard let last = entries.last, last.deadline != nil || last.answerBy != nil else { return true }
        let cost = costs[last.lane] ?? CostModel()
        let batch = min(payingBatch(lane: last.lane), max(1, (queue.count + entries.count) / max(1, spans.count)))
        let ahead = Double(entries.count - 1) * cost.batchSeconds(images: batch) / Double(batch * max(1, spans.count))
        let start = now + expectedWait(at: now) + .seconds(ahead)
        if let deadline = last.deadline, start > deadline { return false }
        guard let answerBy = last.answerBy else { return true }
        let isLone = queue.isEmpty && entries.count == 1
        return start + .seconds(cost.batchSeconds(images: batch, cores: isLone ? max(1, idle.count) : 1)) <= answerBy
    }

    mutating func learn(_ measurement: CostModel.Measurement, span: Duration? = nil) {
        costs[measurement.lane, default: CostModel()].learn(measurement, span: span)
    }
}
