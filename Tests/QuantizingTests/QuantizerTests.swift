import Engine
import ModelGraph
import Quantizing
import TestSupport
import Testing

@Suite struct QuantizerTests {
    private static let transform = ImageTransform(
        width: 16,
        height: 16,
        mean: [0.5, 0.4, 0.3],
        standardDeviation: [0.2, 0.25, 0.5]
    )

    private func session(_ model: Model) throws -> Session {
        let plan = try Plan(model.optimized(), transform: Self.transform, instructionSet: .best)
        return Session(plan: plan, maxBatch: 8, pool: WorkerPool(helpers: 0))
    }

    /// Rounding errors of a layer without an activation must not move the means of its channels: borders, strides, groups
    /// and the factors of a picture's channels count.
    @Test(arguments: [
        (groups: 1, stride: 1, readsPicture: false), (groups: 1, stride: 2, readsPicture: false),
        (groups: 8, stride: 1, readsPicture: false), (groups: 8, stride: 2, readsPicture: false),
        (groups: 1, stride: 2, readsPicture: true),
    ])
    func meansStay(groups: Int, stride: Int, readsPicture: Bool) throws {
        var builder = GraphBuilder()
        func convolution(_ name: String, kernel: Int, stride: Int, groups: Int) -> Operator {
            .convolution(
                Convolution(
                    outputChannels: 8,
                    kernel: kernel,
                    stride: stride,
                    padding: .symmetric(kernel: kernel),
                    groups: groups,
                    weight: name + ".weight",
                    bias: name + ".bias"
                )
            )
        }
        var features = Graph.input
        if !readsPicture {
            features = builder.append(convolution("first", kernel: 3, stride: 1, groups: 1), features, name: "first")
            features = builder.append(.activation(.relu6), features, name: "first.act")
        }
        let operation = convolution("second", kernel: 5, stride: stride, groups: groups)
        let second = builder.append(operation, features, name: "second")
        let pool = builder.append(.globalAveragePool, second, name: "pool")
        let shape = FeatureShape(channels: 3, height: 16, width: 16)
        let graph = builder.graph(name: "two", inputShape: shape, embedding: pool, logits: nil)
        let weights = SeededValues.weights(try graph.parameters().map { ($0.name, $0.shape) })
        let model = try Model(graph: graph, weights: weights)
        let input = SeededValues.picture([4, 3, 16, 16])

        let optimized = try model.optimized()
        let quantizer = try Quantizer(
            optimized,
            name: "two",
            transform: Self.transform,
            statistics: FeatureStatistics.observed(in: optimized, input, images: 4)
        )
        let result = try quantizer()
        #expect(result.layers.allSatisfy { $0.wideReason == nil })
        #expect(result.quantization.features.keys.sorted() == (readsPicture ? [] : ["first"]))
        let layer = try #require(result.quantization.layers["second"])

        func means(shifts: [Float]) throws -> [Double] {
            var integers = weights
            let bytes = try #require(result.weights["second"]).map(UInt8.init(bitPattern:))
            let shape = try #require(weights["second.weight"]).shape
            integers["second.weight"] = Tensor(
                elementType: .int8,
                shape: shape,
                storage: MemoryStorage.holding(bytes),
                byteRange: 0..<bytes.count
            )
            integers["second.bias"] = nil
            let quantization = Quantization(layers: ["second": .init(scales: layer.scales, shifts: shifts)])
            return try means(Model(graph: graph, weights: integers, quantization: quantization))
        }
        func means(_ model: Model) throws -> [Double] {
            let outputs = try session(model).run(.tensor(input, images: 4))
            return (0..<8).map { channel in outputs.reduce(0) { $0 + Double($1.embedding[channel]) } / 4 }
        }
        let exact = try means(model)
        func error(_ means: [Double]) -> Double { zip(means, exact).map { abs($0 - $1) }.max() ?? 0 }
        let bias = try weights.floats("second.bias", shape: [8])
        #expect(error(try means(shifts: layer.shifts)) < 1e-5)
        #expect(error(try means(shifts: bias)) > 1e-4)
    }

    @Test func layersKeptWideHaveNoScales() throws {
        let network = try IntegerNetwork(stemReadsBytes: true)
        let model = try Model(graph: network.graph, weights: network.weights).optimized()
        let statistics = try FeatureStatistics.observed(in: model, network.input, images: network.images)
        let quantizer = try Quantizer(model, name: "int8", transform: network.transform, statistics: statistics)
        let all = try quantizer().quantization
        #expect(Set(all.layers.keys) == Set(network.quantization.layers.keys))
        #expect(Set(all.features.keys) == Set(network.quantization.features.keys))
        let some = try quantizer(keepingWide: ["b.depthwise"]).quantization
        #expect(some.layers["b.depthwise"] == nil && some.features["b.expand"] == nil)
        #expect(some.layers["b.expand"] == all.layers["b.expand"])
    }

    @Test func whatIsNotFiniteIsNamed() throws {
        let network = try IntegerNetwork()
        var weights = network.weights
        weights["b.project.bias"] = Tensor(shape: [20], floats: [Float](repeating: .infinity, count: 20))
        let model = try Model(graph: network.graph, weights: weights).optimized()
        let error = try #require(throws: QuantizerError.self) {
            try FeatureStatistics.observed(in: model, network.input, images: network.images)
        }
        #expect("\(error)".contains("layer b.project gives numbers that are not finite"))
    }

    @Test func anUnseenNetworkIsRefused() throws {
        let network = try IntegerNetwork()
        let model = try Model(graph: network.graph, weights: network.weights).optimized()
        let error = try #require(throws: QuantizerError.self) {
            try Quantizer(model, name: "int8", transform: Self.transform, statistics: [:])
        }
        #expect("\(error)".contains("show the model at least one picture"))
    }
}
