import Quantizing
import TestSupport
import Testing

@Suite struct RoundedWeightsTests {
    @Test func integersAreFoundAgain() {
        let integers: [Int8] = [127, -3, 44, 0, 1, -90, -127, 5, 60, 33, -2, 8]
        let scales: [Float] = [0.25, 0.0073]
        let weights = integers.enumerated().map { Float($1) * scales[$0 / 6] }
        let rounded = RoundedWeights(weights, channels: 2)
        #expect(rounded.stored == integers)
        for (found, scale) in zip(rounded.scales, scales) { #expect(abs(found - scale) <= 1e-6 * scale) }
        #expect(rounded.decibels > 100)
    }

    @Test func noScaleIsMuchBetter() {
        // A bell with one weight far outside.
        let units = SeededValues.units("weights", count: 1000)
        var weights: [Float] = (0..<333).map { units[3 * $0] + units[3 * $0 + 1] + units[3 * $0 + 2] }
        weights[7] = 4
        func error(_ scale: Float) -> Float {
            weights.reduce(0) { sum, weight in
                let stored: Float = min(max((weight / scale).rounded(.toNearestOrEven), -127), 127)
                let difference = weight - scale * stored
                return sum + difference * difference
            }
        }
        let rounded = RoundedWeights(weights, channels: 1)
        let whole: Float = 4.0 / 127
        let best = (500...1000).map { error(whole * Float($0) / 1000) }.min() ?? 0
        #expect(error(rounded.scales[0]) <= 1.03 * best)
        #expect(error(rounded.scales[0]) <= error(whole))
        let sum = rounded.errors.reduce(0) { $0 + $1 * $1 }
        #expect(abs(sum - error(rounded.scales[0])) <= 1e-4 * sum)
    }

    @Test func channelsOfZerosHaveAUsableScale() {
        let rounded = RoundedWeights([0, 0, 1, 2], channels: 2)
        #expect(rounded.scales[0] > 0)
        #expect(rounded.stored.prefix(2) == [0, 0])
    }
}
