/// How often numbers lie in bins of one width.
///
/// The width is a power of two that doubles when a number lies outside, and zero is a border between bins. So bins nest
/// exactly, and the counts do not depend on the order in which numbers come.
package struct NumberHistogram: Sendable, Equatable {
    /// Bins on each side of zero.
    private static let half = 4096

    private var counts = [Int](repeating: 0, count: 2 * half)
    private var binWidth: Float = 0x1p-40
    /// Zero before the first number.
    package private(set) var minimum: Float = 0
    package private(set) var maximum: Float = 0
    private var isEmpty = true

    package init() {}

    /// Counts numbers.
    ///
    /// - Returns: false, and nothing is counted, if one of them is not finite.
    package mutating func add(_ numbers: [Float]) -> Bool {
        guard let first = numbers.first else { return true }
        return numbers.withUnsafeBufferPointer { numbers in
            var (low, high) = (first, first)
            var isFinite = true
            for number in numbers {
                low = min(low, number)
                high = max(high, number)
                isFinite = isFinite && number.isFinite
            }
            guard isFinite else { return false }
            minimum = isEmpty ? low : min(minimum, low)
            maximum = isEmpty ? high : max(maximum, high)
            isEmpty = false
            while max(-low, high) >= Float(Self.half) * binWidth { doubleWidth() }
            let scale = 1 / binWidth
            counts.withUnsafeMutableBufferPointer { counts in
                for number in numbers {
                    // Rounded down; the product is exact.
                    let bins = number * scale
                    let whole = Int32(bins)
                    counts[Int(whole) + Self.half - (bins < Float(whole) ? 1 : 0)] += 1
                }
            }
            return true
        }
    }

    private mutating func doubleWidth() {
        let half = Self.half
        var wider = [Int](repeating: 0, count: 2 * half)
        for (index, count) in counts.enumerated() where count > 0 {
            wider[half / 2 + index / 2] += count
        }
        counts = wider
        binWidth *= 2
    }

    /// The middles of the bins that are not empty, ascending, with their counts.
    package var bins: [(middle: Float, count: Float)] {
        counts.enumerated().filter { $0.element > 0 }.map { index, count in
            ((Float(index - Self.half) + 0.5) * binWidth, Float(count))
        }
    }
}
