package import ModelGraph

/// Finds the layers that cost a model's answers the most, and keeps them from multiplying integers.
package struct SensitiveLayers {
    /// A mapping to 8 bits, and what it leaves.
    package struct Choice: Sendable {
        package var result: Quantizer.Result
        /// Of fp32's logits over the differences from them.
        package var decibels: Double
    }

    private let quantizer: Quantizer
    private let groups: [[String]]
    private let measure: (_ quantization: Quantization, _ aim: Double) throws -> Double

    /// - Parameter measure: the decibels that a mapping leaves, infinite where all is in fp32; need not be exact below
    ///   `aim`.
    package init(
        _ quantizer: Quantizer,
        measure: @escaping (_ quantization: Quantization, _ aim: Double) throws -> Double
    ) {
        self.quantizer = quantizer
        self.measure = measure
        groups = quantizer.groups
    }

    /// What is aimed at beyond what is asked for: other pictures than those that are measured may leave less.
    package static let margin = 1.5

    /// A mapping that leaves `least` decibels and a margin.
    ///
    /// All layers that can multiply integers do so if that is good enough. If not, each group of layers that depend on
    /// each other is measured alone, with all others in fp32, where errors are small enough to add up. As many groups as
    /// can be, those that leave most first, then multiply integers; a last round tries each of the rest once more. The
    /// other layers compute in bf16 where that alone leaves enough, for its speed; else in fp32, where the aim is always
    /// reached.
    package func search(least: Double) throws -> Choice {
        let aim = least + Self.margin
        let all = Set(groups.indices)
        let choice = try measured(all, in: .bf16, aim: aim)
        if choice.decibels >= aim { return choice }
        let wide = try measured([], in: .bf16, aim: aim)
        if wide.decibels >= aim { return try search(aim: aim, from: wide) }
        let mixed = try measured(all, in: .fp32, aim: aim)
        return mixed.decibels >= aim ? mixed : try search(aim: aim, from: measured([], in: .fp32, aim: aim))
    }

    /// - Parameter choice: without integers, and good enough.
    private func search(aim: Double, from choice: Choice) throws -> Choice {
        let format = choice.result.quantization.wideFormat
        let alone = try groups.indices.map { try measured([$0], in: .fp32, aim: .infinity).decibels }
        let ranking = groups.indices.sorted { (alone[$1], $0) < (alone[$0], $1) }
        var best = choice
        // The first `reached` of the ranking are good enough, the first `missed` are not.
        var (reached, missed) = (0, ranking.count)
        while missed - reached > 1 {
            let count = (reached + missed) / 2
            let next = try measured(Set(ranking.prefix(count)), in: format, aim: aim)
            if next.decibels >= aim { (best, reached) = (next, count) } else { missed = count }
        }
        var chosen = Set(ranking.prefix(reached))
        // One that leaves less than the aim alone never fits beside others.
        for group in ranking.dropFirst(missed) where alone[group] >= aim {
            let next = try measured(chosen.union([group]), in: format, aim: aim)
            guard next.decibels >= aim else { continue }
            chosen.insert(group)
            best = next
        }
        return best
    }

    /// - Parameter integers: indices of the groups that multiply integers.
    private func measured(_ integers: Set<Int>, in format: Quantization.WideFormat, aim: Double) throws -> Choice {
        let wide = groups.indices.filter { !integers.contains($0) }.flatMap { groups[$0] }
        let result = try quantizer(keepingWide: Set(wide), in: format)
        return Choice(result: result, decibels: try measure(result.quantization, aim))
    }
}
