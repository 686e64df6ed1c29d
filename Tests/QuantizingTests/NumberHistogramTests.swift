import Quantizing
import Testing

@Suite struct NumberHistogramTests {
    @Test func countsDoNotDependOnTheOrder() {
        let numbers: [Float] = [0, 0.1, -0.1, 5, 1e-6, -3, 0.1, 1e4, -1e-9]
        var forward = NumberHistogram()
        var backward = NumberHistogram()
        let areFinite = numbers.map { forward.add([$0]) } + numbers.reversed().map { backward.add([$0]) }
        #expect(!areFinite.contains(false))
        #expect(forward == backward)
        #expect(forward.minimum == -3)
        #expect(forward.maximum == 1e4)
        #expect(forward.bins.reduce(0) { $0 + $1.count } == Float(numbers.count))
    }

    @Test func binsHoldTheirNumbers() throws {
        var histogram = NumberHistogram()
        let isFinite = histogram.add([-1, -0.25, 0.75, 0.75])
        #expect(isFinite)
        let bins = histogram.bins
        #expect(bins.map(\.count) == [1, 1, 2])
        for (bin, number) in zip(bins, [-1, -0.25, 0.75] as [Float]) {
            #expect(abs(bin.middle - number) <= 0x1p-11, "\(bin.middle) for \(number)")
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func whatIsNotFiniteIsRefused(number: Float) {
        var histogram = NumberHistogram()
        let isFinite = histogram.add([1, number])
        #expect(!isFinite)
        #expect(histogram == NumberHistogram())
    }
}
