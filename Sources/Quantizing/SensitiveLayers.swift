internal import ModelGraph

/// Finds the layers that cost a model's answers the most, and keeps them from multiplying integers.
struct SensitiveLayers {
    let quantizer: Quantizer
    let fidelity: LogitFidelity

    /// The mapping to 8 bits with the fewest wide layers of the search that leaves a signal of `least` decibels.
    ///
    /// Each layer is kept wide in turn while all others multiply integers, and those whose answers then come nearest to
    /// fp32 stay wide first. (A layer alone in integers would say less: features that residual sums share are bytes for
    /// all their readers or for none.)
    ///
    /// No more is aimed at than half of what is left when all layers are wide, in bf16.
    ///
    /// - Returns: the best that was found where nothing is good enough.
    func search(least: Double) throws -> (result: Quantizer.Result, decibels: Double) {
        var best = try measured([])
        guard best.decibels < least else { return best }
        let layers = Set(best.result.quantization.layers.keys)
        let least = min(least, try measured(layers).decibels - 3)
        let ranking = try layers.sorted().map { name in
            (name: name, decibels: try measured([name]).decibels)
        }.sorted { ($1.decibels, $0.name) < ($0.decibels, $1.name) }
        var wide: Set<String> = []
        for (name, _) in ranking.dropLast() where best.decibels < least {
            wide.insert(name)
            let next = try measured(wide)
            if next.decibels > best.decibels { best = next }
        }
        return best
    }

    private func measured(_ wide: Set<String>) throws -> (result: Quantizer.Result, decibels: Double) {
        let result = quantizer(keepingWide: wide)
        return (result, try fidelity.decibels(result.quantization))
    }
}
