import Architectures
import Engine
import ModelGraph
import Quantizing
import TestSupport
import Testing

@Suite struct LayerChoiceTests {
    private static let transform = ImageTransform.plain(width: 96, height: 96)

    private func choice(
        _ name: String,
        wide: Set<String> = [],
        picture: InputBytes? = InputBytes(picture: transform, channels: 3)
    ) throws -> (LayerChoice, Graph) {
        let shape = FeatureShape(channels: 3, height: 96, width: 96)
        let graph = try Architecture(named: name).graph(inputShape: shape, classCount: 5)
        let weights = SeededValues.weights(try graph.parameters().map { ($0.name, $0.shape) })
        let model = try Model(graph: graph, weights: weights).optimized()
        return (try LayerChoice(model.graph, picture: picture, wide: wide), model.graph)
    }

    private func output(_ name: String, _ graph: Graph) throws -> Value {
        try #require(graph.nodes.first { $0.name == name }).output
    }

    @Test func allOfALiteNetwork() throws {
        let (choice, graph) = try choice("tf_efficientnet_lite0")
        #expect(choice.reasons == [:])
        #expect(choice.layers.count == 50)
        let wide = Set(graph.nodes.map(\.output)).subtracting(choice.narrowValues)
        #expect(wide == [try output("conv_head", graph), try #require(graph.logits)])
    }

    /// Borders of a picture are zeros, which stand for a mean outside of what a sample can be.
    @Test(arguments: [-0.1, 1.1] as [Float])
    func picturesThatBytesCannotStandForStayFloats(mean: Float) throws {
        var transform = Self.transform
        transform.mean[1] = mean
        let (choice, _) = try choice("tf_efficientnet_lite0", picture: InputBytes(picture: transform, channels: 3))
        #expect(choice.reasons == ["conv_stem": "reads the picture"])
        #expect(choice.layers.count == 49)
    }

    @Test func projectionsBehindSqueezeAndExcitationStayWide() throws {
        let (choice, graph) = try choice("efficientnet_b0")
        #expect(choice.layers.count == 1 + 15 + 16 + 2)
        for name in choice.layers {
            #expect(!name.contains(".se.") && !name.contains("conv_pwl"))
        }
        // What the next block's integers read is narrow; what is averaged and scaled is not.
        #expect(choice.narrowValues.contains(try output("blocks.1.0.conv_pwl", graph)))
        #expect(!choice.narrowValues.contains(try output("blocks.1.0.conv_dw", graph)))
        #expect(choice.narrowValues.contains(graph.embedding))
    }

    @Test(arguments: ["efficientnet_b0", "tf_efficientnet_lite0", "tf_efficientnetv2_b0", "resnet50", "inception_v3"])
    func narrowValuesHaveNarrowReaders(name: String) throws {
        let (choice, graph) = try choice(name)
        for node in graph.nodes where choice.layers.contains(node.name) {
            #expect(node.inputs[0] == Graph.input || choice.narrowValues.contains(node.inputs[0]))
        }
        for node in graph.nodes {
            for (index, input) in node.inputs.enumerated() where choice.narrowValues.contains(input) {
                if index == 0 {
                    #expect(choice.layers.contains(node.name), "\(node.name)")
                } else {
                    #expect(choice.narrowValues.contains(node.output), "\(node.name)")
                }
            }
        }
        #expect(!choice.layers.isEmpty)
    }

    @Test(arguments: ["efficientnet_b0", "tf_efficientnet_lite0", "tf_efficientnetv2_b0", "resnet50", "inception_v3"])
    func groupsDoWithoutEachOther(name: String) throws {
        let all = try choice(name).0
        #expect(all.groups.flatMap(\.self).count == all.layers.count)
        #expect(Set(all.groups.flatMap(\.self)) == all.layers)
        for group in all.groups {
            #expect(try choice(name, wide: all.layers.subtracting(group)).0.layers == Set(group))
        }
    }

    @Test func readersOfSumsAreOneGroup() throws {
        let groups = try choice("efficientnet_b0").0.groups
        #expect(groups.contains(["blocks.3.1.conv_pw", "blocks.3.2.conv_pw", "blocks.4.0.conv_pw"]))
        #expect(groups.contains(["blocks.3.1.conv_dw"]))
    }

    /// A depthwise layer of floats writes no bytes for its reader.
    @Test func depthwiseLayersAndTheirReadersAreOneGroup() throws {
        let groups = try choice("tf_efficientnet_lite0").0.groups
        #expect(groups.contains(["blocks.3.1.conv_dw", "blocks.3.1.conv_pwl"]))
        let (choice, graph) = try choice("tf_efficientnet_lite0", wide: ["blocks.3.1.conv_dw"])
        #expect(choice.reasons["blocks.3.1.conv_pwl"] == "its input is wide")
        #expect(!choice.narrowValues.contains(try output("blocks.3.1.conv_pw", graph)))
    }

    @Test func sensitiveLayersAndWhatDependsOnThemStayWide() throws {
        let (choice, graph) = try choice("tf_efficientnet_lite0", wide: ["blocks.3.1.conv_pwl"])
        #expect(choice.reasons["blocks.3.1.conv_pwl"] == "sensitive")
        #expect(choice.layers.count == 49)
        #expect(!choice.narrowValues.contains(try output("blocks.3.1.conv_dw", graph)))
        #expect(choice.narrowValues.contains(try output("blocks.3.1.conv_pwl", graph)))
    }
}
