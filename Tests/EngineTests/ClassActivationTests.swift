import Engine
import ModelGraph
import FoundationEssentials
import TestSupport
import Testing

/// Class-activation maps against timm's features times its classifier's weights: scripts/make-class-map-goldens.py.
struct ClassActivationTests {
    struct Golden: Decodable, Sendable {
        /// A case of `LogitGolden`.
        var network: String
        var image: Int
        var classID: Int
        var isMostLikely: Bool
        var rows: Int
        var columns: Int
        var values: [Float]
    }

    static let goldens: [Golden] = {
        let data = try? Data(contentsOf: URL(filePath: Fixtures.path("class-maps/goldens.json")))
        return data.flatMap { try? JSONDecoder().decode([Golden].self, from: $0) } ?? []
    }()

    static let networks = Set(goldens.map(\.network)).sorted()

    @Test
    func thereAreGoldens() {
        #expect(ClassActivationTests.goldens.count >= 20)
        #expect(ClassActivationTests.goldens.contains { $0.isMostLikely })
    }

    @Test(arguments: networks, InstructionSet.allCases.filter(\.isSupported))
    func matchesPyTorch(network: String, set: InstructionSet) throws {
        let inputs = try LogitGolden(network)
        let images = inputs.inputShape[0]
        let session = try GoldenLogitsTests.session(inputs, set: set, maxBatch: images)
        #expect(session.plan.isExplainable)
        for golden in ClassActivationTests.goldens where golden.network == network {
            var classes = [ExplainedClass?](repeating: nil, count: golden.image)
            classes.append(golden.isMostLikely ? .mostLikely : .index(golden.classID))
            let outputs = try session.run(.tensor(inputs.input, images: images), threads: 2, explaining: classes)
            #expect(outputs.indices.allSatisfy { $0 == golden.image || outputs[$0].explanation == nil })
            let map = try #require(outputs[golden.image].explanation)
            #expect(map.classID == golden.classID && map.rows == golden.rows && map.columns == golden.columns)
            try #require(map.values.count == golden.values.count)
            let largest = golden.values.map(abs).max() ?? 0
            let difference = zip(map.values, golden.values).map { abs($0 - $1) }.max() ?? 0
            #expect(difference <= 2e-4 * largest, "difference \(difference), largest \(largest)")
        }
    }

    /// In every precision the map belongs to that precision's own logit, but for the rounding of what the classifier reads.
    @Test(
        arguments: [("lite0-real", "classifier"), ("b0-odd", "classifier"), ("resnet18-native", "fc")],
        [Precision.fp32, .bf16]
    )
    func theMeanIsTheLogitButForItsBias(
        _ network: (name: String, classifier: String),
        precision: Precision
    ) throws {
        let golden = try LogitGolden(network.name)
        let images = golden.inputShape[0]
        let name = "\(network.classifier).bias"
        let bias = try #require(golden.weights([(name, [golden.classCount])])[name]?.floats())
        let session = try GoldenLogitsTests.session(golden, set: .best, precision: precision, maxBatch: images)
        let classes: [ExplainedClass] = [.mostLikely, .index(7)]
        for output in try session.run(.tensor(golden.input, images: images), explaining: classes).prefix(classes.count)
        {
            let map = try #require(output.explanation)
            let mean = map.values.reduce(0, +) / Float(map.values.count)
            let largest = output.logits.map(abs).max() ?? 0
            let tolerance: Float = precision == .bf16 ? 0x1p-8 : 1e-4
            #expect(abs(mean + bias[map.classID] - output.logits[map.classID]) <= tolerance * largest)
        }
    }

    @Test
    func refusesClassesThatAreNotThere() throws {
        let golden = try LogitGolden("b0-seven-classes")
        let session = try GoldenLogitsTests.session(golden, set: .best, maxBatch: 2)
        let input = BatchInput.tensor(golden.input, images: 2)
        for index in [-1, 7] {
            #expect(throws: SessionError.self) { try session.run(input, explaining: [.index(index)]) }
        }
    }

    @Test
    func networksWithoutAClassifierCannotBeExplained() throws {
        let golden = try LogitGolden("b0-headless")
        let session = try GoldenLogitsTests.session(golden, set: .best, maxBatch: 2)
        #expect(!session.plan.isExplainable)
        let outputs = try session.run(.tensor(golden.input, images: 2), explaining: [.mostLikely, .mostLikely])
        #expect(outputs.allSatisfy { $0.explanation == nil })
    }
}
