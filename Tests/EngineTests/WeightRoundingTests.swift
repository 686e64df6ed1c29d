import Engine
import TestSupport
import Testing

@Suite struct WeightRoundingTests {
    private let scales: [Float] = [0.01, 0.02]
    private let rounding = WeightRounding(readsPicture: true, shape: [2, 3, 3, 5])

    /// Up to what the scales allow.
    private func weights(_ rounding: WeightRounding) -> [Float] {
        SeededValues.units("weights", count: 90).enumerated().map { $1 * scales[$0 / 45] * rounding.limit }
    }

    @Test func eachIsRounded() {
        let rounding = WeightRounding(readsPicture: false, shape: [2, 3, 3, 5])
        let weights = weights(rounding)
        for (index, integer) in rounding.integers(weights, scales: scales).enumerated() {
            #expect(abs(weights[index] / scales[index / 45] - Float(integer)) <= 0.5001)
        }
        #expect(rounding.integers([-9, 9, 0, 9], scales: scales) == [-127, 127, 0, 127])
    }

    @Test func sumsOfKernelsAreRounded() {
        let rounding = WeightRounding(readsPicture: false, shape: [2, 1, 5, 9])
        let weights = weights(rounding)
        let integers = rounding.integers(weights, scales: scales)
        let exact = weights.enumerated().map { $1 / scales[$0 / 45] }
        for kernel in [0..<45, 45..<90] {
            let sum = exact[kernel].reduce(0.0) { $0 + Double($1) }
            #expect(integers[kernel].reduce(0) { $0 + Int($1) } == Int(sum.rounded()))
        }
        for (exact, integer) in zip(exact, integers) { #expect(abs(exact - Float(integer)) < 1) }
        #expect(integers.map(Float.init) != exact.map { $0.rounded() })
        // Those that rounding down would cost most are rounded up.
        let three = WeightRounding(readsPicture: false, shape: [1, 1, 1, 3])
        #expect(three.integers([1.7, -0.6, 0.5], scales: [1]) == [2, -1, 1])
        #expect(three.integers([0.2, -1.7, 9.6], scales: [1]) == [0, -2, 10])
        #expect(three.integers([900, -900, 1], scales: [1]) == [127, -127, 1])
    }

    /// Of all up to a channel, row and column: whatever a box of neighbours has in common is weighted as it should be.
    @Test func sumsAreRounded() {
        let weights = weights(rounding)
        let integers = rounding.integers(weights, scales: scales)
        for output in 0..<2 {
            for (channel, row, column) in [(0, 0, 0), (2, 2, 4), (1, 2, 0), (2, 0, 3), (0, 1, 4)] {
                var (exact, rounded) = (Float(0), 0)
                for c in 0...channel {
                    for y in 0...row {
                        for x in 0...column {
                            let index = output * 45 + (c * 3 + y) * 5 + x
                            exact += weights[index] / scales[output]
                            rounded += Int(integers[index])
                        }
                    }
                }
                #expect(abs(exact - Float(rounded)) <= 0.501)
            }
        }
        #expect(integers.map(Float.init) != zip(weights, weights.indices).map { ($0 / scales[$1 / 45]).rounded() })
    }

    /// Whatever a file says of a kernel's size.
    @Test func hugeKernelsStayInRange() {
        let side = 200
        let rounding = WeightRounding(readsPicture: true, shape: [1, 4, side, side])
        let weights = SeededValues.units("huge", count: 4 * side * side).map { abs($0) * 123 }
        let integers = rounding.integers(weights, scales: [1])
        #expect(integers.count == weights.count && integers.allSatisfy { $0 >= -127 })
    }

    @Test func weightsBeyondTheScalesAreCutOff() {
        #expect(rounding.integers([Float](repeating: 9, count: 90), scales: scales).allSatisfy { $0 == 123 })
        #expect(rounding.integers([Float](repeating: -9, count: 90), scales: scales).allSatisfy { $0 == -123 })
    }
}
