import ModelGraph
import Quantizing
import TestSupport
import Testing

@Suite struct FeatureRangeTests {
    private func range(_ numbers: [Float], _ activation: ActivationFunction) -> FeatureRange {
        var histogram = NumberHistogram()
        let isFinite = histogram.add(numbers)
        #expect(isFinite)
        return FeatureRange(histogram, activation: activation)
    }

    /// The mean squared error of numbers in a mapping.
    private func error(_ numbers: [Float], _ features: Quantization.Features) -> Double {
        let zero = Float(features.zero)
        return numbers.reduce(0) { sum, number in
            let stored = min(max((number / features.scale).rounded() + zero, 0), 255)
            let difference = Double(number - features.scale * (stored - zero))
            return sum + difference * difference
        } / Double(numbers.count)
    }

    /// Sums of three seeded numbers: a bell, as features have.
    private func bell(_ count: Int) -> [Float] {
        let units = SeededValues.units("bell", count: 3 * count)
        return (0..<count).map { units[3 * $0] + units[3 * $0 + 1] + units[3 * $0 + 2] }
    }

    @Test func outliersAreCutOff() {
        let numbers = bell(100_000).map { max($0, 0) } + [40]
        let features = range(numbers, .relu).features
        #expect(features.zero == 0)
        // The least error of all scales there are, to a thousandth.
        let best = (1...1000).map { error(numbers, .init(scale: 40 / 255 * Float($0) / 1000, zero: 0)) }.min() ?? 0
        let whole = error(numbers, .init(scale: 40 / 255, zero: 0))
        #expect(error(numbers, features) <= 1.02 * best)
        #expect(error(numbers, features) < 0.95 * whole)
    }

    @Test func evenlySpreadNumbersKeepTheirRange() {
        let numbers = (0...255).map { Float($0) * 0.05 }
        let features = range(numbers, .relu).features
        #expect(abs(features.scale - 0.05) < 0.05 * 0.01)
    }

    @Test func signedNumbersHaveTheZeroThatFitsTheirEnds() {
        let numbers = bell(50_000).map { $0 < 0 ? $0 : 3 * $0 }
        let features = range(numbers, .identity).features
        #expect((50...80).contains(features.zero), "\(features.zero)")
        var best = Double.infinity
        for zero in stride(from: UInt8(40), through: 90, by: 2) {
            for step in 20...50 {
                best = min(best, error(numbers, .init(scale: Float(step) / 1000, zero: zero)))
            }
        }
        #expect(error(numbers, features) <= 1.02 * best)
    }

    @Test func linearNumbersThatAreNeverNegativeBeginAtZero() {
        #expect(range([0, 0.5, 1, 2], .identity).features.zero == 0)
    }

    @Test(arguments: [0.5, 5.99, 6] as [Float])
    func relu6EndsAtSix(largest: Float) {
        let features = range(bell(10_000).map { min(max(4 * $0, 0), largest) } + [largest], .relu6).features
        #expect(features.zero == 0)
        #expect(features.scale * 255 <= 6)
        #expect(features.scale * 255 > 0.19 * largest)
    }

    @Test func swishBeginsAtItsLeastNumber() {
        let features = range([-0.2, 0, 1, 3, 5.1], .swish).features
        #expect(features.zero == UInt8((0.2785 / features.scale).rounded()))
        #expect(features.zero > 0)
    }

    @Test(arguments: [ActivationFunction.identity, .relu, .relu6, .sigmoid])
    func zerosAloneHaveAUsableScale(activation: ActivationFunction) {
        let range = range([0, 0], activation)
        #expect(range.features.scale > 0 && range.features.scale.isFinite)
    }
}
