import Architectures
import Engine
import ModelGraph
import TestSupport
import Testing

/// Whole networks against PyTorch and timm, on every kernel set.
struct GoldenLogitsTests {
    static let names = [
        "lite0-real", "lite0", "lite1", "b0", "b0-seven-classes", "b0-260", "b0-192x256", "b0-odd", "tf-b0",
        "tf-b0-odd", "b0-one-class", "b0-many-classes", "b0-headless", "b0-one-channel", "b0-two-channels",
        "b0-four-channels", "test_efficientnet-native", "efficientnet_es-native", "tf_efficientnet_em-odd",
        "tf_efficientnetv2_b0-native", "tf_efficientnetv2_b3-odd", "efficientnetv2_rw_t-odd", "efficientnetv2_s-odd",
        "resnet18-native", "resnet50-odd", "inception_v3-odd", "efficientnet_b3-odd",
    ]
    /// Those that take long.
    static let others = LogitGolden.names.filter { !names.contains($0) }
    static let sets = InstructionSet.allCases.filter(\.isSupported)

    @Test(arguments: names, sets)
    func matchesPyTorch(name: String, set: InstructionSet) throws {
        let golden = try LogitGolden(name)
        let images = golden.inputShape[0]
        let session = try GoldenLogitsTests.session(golden, set: set, maxBatch: images)
        let outputs = try session.run(.tensor(golden.input, images: images), threads: 2)
        if let logits = golden.logits { try expectClose(outputs.flatMap(\.logits), logits) }
        try expectClose(outputs.flatMap(\.embedding), golden.embedding)
    }

    /// One after the other: the largest takes several gigabytes.
    @Test(.enabled(if: Fixtures.runsEverything, "EFFNET_TEST_ALL is not set"), .serialized, arguments: others)
    func everyArchitectureMatchesPyTorch(name: String) throws {
        try matchesPyTorch(name: name, set: .best)
    }

    /// Within 1e-4 of the largest number.
    private func expectClose(_ got: [Float], _ expected: Tensor) throws {
        let expected = try #require(expected.floats())
        try #require(got.count == expected.count)
        let largest = expected.map(abs).max() ?? 0
        let difference = zip(got, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(difference <= 1e-4 * largest, "difference \(difference), largest \(largest)")
    }

    static func session(
        _ golden: LogitGolden,
        set: InstructionSet,
        precision: Precision = .fp32,
        maxBatch: Int
    ) throws -> Session {
        let (model, transform) = try model(golden)
        let plan = try Plan(model.optimized(), transform: transform, instructionSet: set, precision: precision)
        return Session(plan: plan, maxBatch: maxBatch, pool: WorkerPool(helpers: 1))
    }

    static func model(_ golden: LogitGolden) throws -> (Model, ImageTransform) {
        let shape = FeatureShape(
            channels: golden.inputShape[1],
            height: golden.inputShape[2],
            width: golden.inputShape[3]
        )
        let graph = try Architecture(named: golden.architecture).graph(inputShape: shape, classCount: golden.classCount)
        let weights = try golden.weights(graph.parameters().map { ($0.name, $0.shape) })
        let model = try Model(graph: graph, weights: weights)
        let transform = ImageTransform(
            width: shape.width,
            height: shape.height,
            mean: [0.5, 0.5, 0.5],
            standardDeviation: [0.5, 0.5, 0.5]
        )
        return (model, transform)
    }
}
