/// A share that was seen in a sample, and what that says of the share in all that the sample was drawn from.
package struct Proportion: Sendable, Equatable {
    package var count: Int
    package var total: Int

    package init(count: Int, total: Int) {
        self.count = count
        self.total = total
    }

    /// Zero of nothing.
    package var value: Double { total == 0 ? 0 : Double(count) / Double(total) }

    /// The bounds of the share with 95 % confidence (E. B. Wilson, 1927); 0 and 1 of nothing.
    package var interval: (lower: Double, upper: Double) {
        guard total > 0 else { return (0, 1) }
        let z = 1.959964
        let n = Double(total)
        let centre = value + z * z / (2 * n)
        let spread = z * (value * (1 - value) / n + z * z / (4 * n * n)).squareRoot()
        let scale = 1 + z * z / n
        return (max(0, (centre - spread) / scale), min(1, (centre + spread) / scale))
    }
}
