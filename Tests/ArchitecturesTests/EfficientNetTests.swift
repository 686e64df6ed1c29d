import Architectures
import ModelGraph
import Testing

struct EfficientNetTests {
    static func graph(_ name: String, side: Int? = nil, classes: Int = 1000) throws -> Graph {
        let architecture = try Architecture(named: name)
        let side = side ?? architecture.transform.width
        return architecture.graph(
            inputShape: FeatureShape(channels: 3, height: side, width: side),
            classCount: classes
        )
    }

    static func parameterCount(_ graph: Graph) throws -> Int {
        try graph.parameters().reduce(0) { $0 + ($1.role == .learnt ? $1.count : 0) }
    }

    /// As `sum(p.numel() for p in timm.create_model(name).parameters())` counts.
    @Test(arguments: [
        ("efficientnet_b0", 5_288_548), ("efficientnet_b1", 7_794_184), ("efficientnet_b2", 9_109_994),
        ("efficientnet_b3", 12_233_232), ("efficientnet_b4", 19_341_616), ("efficientnet_b7", 66_347_960),
        ("tf_efficientnet_lite0", 4_652_008),
    ])
    func parameterCounts(name: String, expected: Int) throws {
        #expect(try EfficientNetTests.parameterCount(EfficientNetTests.graph(name)) == expected)
    }

    @Test
    func countsMultiplyAdds() throws {
        let b0 = try EfficientNetTests.graph("efficientnet_b0").multiplyAdds()
        #expect((385_000_000...402_000_000).contains(b0), "\(b0)")
    }

    @Test
    func classifierFollowsTheClassCount() throws {
        let seven = try EfficientNetTests.graph("efficientnet_b0", classes: 7)
        #expect(try seven.shapes()[#require(seven.logits).index] == FeatureShape(channels: 7, height: 1, width: 1))
        #expect(try EfficientNetTests.parameterCount(seven) == 5_288_548 - 993 * 1281)
    }

    /// Same padding rounds each halving up, symmetric padding of odd sizes too.
    @Test(arguments: ["efficientnet_b0", "tf_efficientnet_b0"])
    func oddInputsKeepTheirPixels(name: String) throws {
        let graph = try EfficientNetTests.graph(name, side: 97)
        let head = try #require(graph.nodes.first { $0.name == "bn2.act" })
        #expect(try graph.shapes()[head.output.index] == FeatureShape(channels: 1280, height: 4, width: 4))
    }

    @Test(arguments: ["", "resnet", "efficientnet_b99", "tf_", "efficientnet_"])
    func refusesUnknownNames(name: String) {
        #expect(throws: ArchitectureError.self) { try Architecture(named: name) }
    }

    @Test
    func ignoresTrainingTags() throws {
        #expect(try Architecture(named: "tf_efficientnet_b0.ns_jft_in1k").transform.width == 224)
    }
}

struct CompoundScalingTests {
    /// Worked by hand from the rule: nearest multiple of 8, never more than 10% below.
    @Test(arguments: [(32, 1.1, 32), (16, 1.2, 24), (24, 1.4, 32), (320, 1.1, 352), (1280, 2.0, 2560), (8, 0.1, 8)])
    func roundsChannels(channels: Int, width: Double, expected: Int) {
        #expect(CompoundScaling(width: width, depth: 1, resolution: 224).channels(channels) == expected)
    }

    @Test(arguments: [(1, 1.1, 2), (4, 1.1, 5), (3, 3.1, 10), (2, 1.0, 2)])
    func roundsRepeatsUp(repeats: Int, depth: Double, expected: Int) {
        #expect(CompoundScaling(width: 1, depth: depth, resolution: 224).repeats(repeats) == expected)
    }
}
