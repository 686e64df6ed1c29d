import Serving
import Testing

@Suite struct CostModelTests {
    private func model(offset: Double, slope: Double, sizes: [Int] = [1, 2, 4, 8, 1, 2, 4, 8]) -> CostModel {
        var model = CostModel()
        for images in sizes { model.learn(measurement(images: images, seconds: offset + slope * Double(images))) }
        return model
    }

    private func measurement(images: Int, seconds: Double) -> CostModel.Measurement {
        .init(
            lane: 0,
            images: images,
            threads: 1,
            decode: .milliseconds(2 * images),
            inference: .seconds(seconds)
        )
    }

    @Test func offsetAndSlopeAreFound() throws {
        let model = model(offset: 0.003, slope: 0.005)
        let line = try #require(model.lines[1])
        #expect(abs(line.slope - 0.005) < 1e-6)
        #expect(abs(line.offset - 0.003) < 1e-6)
        #expect(abs(model.decode - 0.002) < 1e-6)
        #expect(abs(model.batchSeconds(images: 3) - 0.024) < 1e-6)
    }

    @Test func oneSizeTellsNoSlope() {
        let model = model(offset: 0, slope: 0.005, sizes: [2, 2, 2, 2])
        #expect(abs(model.batchSeconds(images: 4) - 0.028) < 1e-6)
        #expect(model.payingBatch(limit: 8) == 8)
    }

    @Test(arguments: [(0.0, 1), (0.001, 3), (0.1, 8)])
    func theBatchThatPaysFollowsTheOffset(offset: Double, batch: Int) {
        #expect(model(offset: offset, slope: 0.005).payingBatch(limit: 8) == batch)
    }

    @Test func oneLongRunDoesNotChangeMuch() {
        var model = model(offset: 0.001, slope: 0.005)
        model.learn(measurement(images: 1, seconds: 10))
        #expect(model.batchSeconds(images: 1) < 0.02)
    }

    @Test func newSpeedsAreLearnt() {
        var model = model(offset: 0.001, slope: 0.005)
        for _ in 0..<300 {
            for images in [1, 2, 4] { model.learn(measurement(images: images, seconds: 0.02 * Double(images))) }
        }
        #expect(abs(model.batchSeconds(images: 1) - 0.022) < 0.001)
    }

    @Test func eachNumberOfThreadsHasItsOwnLine() throws {
        var model = model(offset: 0.001, slope: 0.008)
        for images in [1, 2, 4] {
            var two = measurement(images: images, seconds: 0.002 + 0.004 * Double(images))
            two.threads = 2
            model.learn(two)
        }
        #expect(abs(try #require(model.lines[1]).slope - 0.008) < 1e-6)
        #expect(abs(try #require(model.lines[2]).slope - 0.004) < 1e-6)
        #expect(abs(try #require(model.lines[2]).offset - 0.002) < 1e-6)
        // Decoding takes 2 ms a picture on any number of cores.
        #expect(abs(model.batchSeconds(images: 1, cores: 1) - 0.011) < 1e-6)
        #expect(abs(model.batchSeconds(images: 1, cores: 2) - 0.008) < 1e-6)
        #expect(abs(model.batchSeconds(images: 4, cores: 2) - 0.026) < 1e-6)
    }

    @Test func whatWasLearntOfOtherSizesIsNotForgotten() {
        var model = model(offset: 0.001, slope: 0.005)
        for _ in 0..<1000 { model.learn(measurement(images: 8, seconds: 0.041)) }
        #expect(model.payingBatch(limit: 8) == 3)
        #expect(abs(model.batchSeconds(images: 1) - 0.008) < 0.0001)
    }

    /// All sizes become slower together, though only one is seen.
    @Test func aSlowerMachineIsSlowerForAllSizes() {
        var model = model(offset: 0.001, slope: 0.005, sizes: (0..<32).map { [1, 2, 4, 8][$0 % 4] })
        for _ in 0..<300 { model.learn(measurement(images: 2, seconds: 0.022)) }
        // Twice as long, and 2 ms a picture for decoding.
        #expect(abs(model.batchSeconds(images: 2) - 0.026) < 0.0005)
        #expect(abs(model.batchSeconds(images: 1) - 0.014) < 0.003)
        #expect(abs(model.batchSeconds(images: 8) - 0.098) < 0.015)
    }

    /// Two sizes whose times jump by half, up and down.
    @Test func noiseDoesNotMakeLargeBatchesPay() {
        var generator = SeededGenerator(state: 3)
        var model = model(offset: 0, slope: 0.008, sizes: [1, 2, 4, 1, 2, 4, 1, 2, 4])
        for _ in 0..<2000 {
            let images = Int.random(in: 0..<10, using: &generator) == 0 ? 1 : 2
            let noise = Double.random(in: 0.75...1.5, using: &generator)
            model.learn(measurement(images: images, seconds: noise * 0.008 * Double(images)))
        }
        #expect(model.payingBatch(limit: 8) <= 4)
    }

    @Test func nothingIsKnownAtFirst() {
        let model = CostModel()
        #expect(!model.isKnown)
        #expect(model.batchSeconds(images: 8) == 0)
        #expect(model.payingBatch(limit: 8) == 8)
    }
}
