import Engine
import ModelGraph
import TestSupport
import Testing

/// Plans that keep every value until the run ends.
@Suite struct ObservationTests {
    @Test(arguments: ["b0-odd", "lite0-real"], InstructionSet.allCases.filter(\.isSupported))
    func allValuesAreThoseOfOrdinaryRuns(name: String, set: InstructionSet) throws {
        let golden = try LogitGolden(name)
        let (model, transform) = try GoldenLogitsTests.model(golden)
        let optimized = try model.optimized()
        let plan = try Plan(observing: optimized, transform: transform, instructionSet: set)
        let session = Session(plan: plan, maxBatch: 1, pool: WorkerPool(helpers: 1))
        let image = Array(golden.input.prefix(golden.inputShape.dropFirst().reduce(1, *)))
        var seen: [String: ObservedFeatures] = [:]
        // Twice: nothing may be left from the run before.
        for _ in 0..<2 {
            try session.observe(.tensor(image, images: 1), threads: 2) { seen[$0.name] = $0 }
        }
        #expect(Set(seen.keys) == Set([Graph.inputName] + optimized.graph.nodes.map(\.name)))
        #expect(seen[Graph.inputName]?.values == image)
        let shapes = try optimized.graph.shapes()
        for node in optimized.graph.nodes {
            let features = try #require(seen[node.name])
            #expect(features.shape == shapes[node.output.index])
            #expect(features.values.count == features.shape.channels * features.shape.height * features.shape.width)
        }
        let ordinary = try GoldenLogitsTests.session(golden, set: set, maxBatch: 1).run(.tensor(image, images: 1))[0]
        let classifier = try #require(optimized.graph.nodes.last { $0.output == optimized.graph.logits })
        let logits = try #require(seen[classifier.name]).values
        let largest = ordinary.logits.map(abs).max() ?? 0
        #expect(zip(logits, ordinary.logits).allSatisfy { abs($0 - $1) <= 1e-4 * largest })
        // Channels and pixels are where they belong: the pool's means are those of what it read.
        let pool = try #require(optimized.graph.nodes.last { $0.output == optimized.graph.embedding })
        let head = try #require(optimized.graph.nodes.last { $0.output == pool.inputs[0] })
        let (features, means) = (try #require(seen[head.name]), try #require(seen[pool.name]).values)
        let pixels = features.shape.height * features.shape.width
        for (channel, mean) in means.enumerated() {
            let sum = features.values[channel * pixels..<(channel + 1) * pixels].reduce(0, +)
            #expect(abs(sum / Float(pixels) - mean) <= 1e-4 * max(1, abs(mean)))
        }
    }
}
