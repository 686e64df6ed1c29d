import Architectures
import Engine
import ModelGraph
import TestSupport
import Testing

struct PassTests {
    static func model(_ name: String) throws -> Model {
        let graph = try Architecture(named: name)
            .graph(inputShape: FeatureShape(channels: 3, height: 64, width: 64), classCount: 10)
        let parameters = try graph.parameters()
        return try Model(
            graph: graph,
            weights: SeededValues.weights(parameters.map { ($0.name, $0.shape) }, exponents: [:])
        )
    }

    /// After all passes nothing is left that would need a kernel of its own.
    @Test(arguments: ["tf_efficientnet_lite0", "efficientnet_b0"])
    func leaveFusedLayersOnly(name: String) throws {
        let graph = try PassTests.model(name).optimized().graph
        for node in graph.nodes {
            switch node.operation {
            case .convolution(let convolution): #expect(convolution.affine != nil, "\(node.name)")
            case .globalAveragePool, .scaleChannels: break
            default: Issue.record("\(node.name) is left: \(node.operation)")
            }
        }
        // Each sum became a residual.
        let sums = try PassTests.model(name).graph.nodes.count { $0.operation == .add }
        #expect(graph.nodes.count { $0.inputs.count == 2 && $0.operation != .scaleChannels } == sums)
    }

    /// Every value is made before it is read, and shapes stay what they were.
    @Test(arguments: ["tf_efficientnet_lite0", "efficientnet_b0"])
    func keepOrderAndShapes(name: String) throws {
        let before = try PassTests.model(name)
        let after = try before.optimized()
        let shapes = try after.graph.shapes()
        let logits = (before: try #require(before.graph.logits), after: try #require(after.graph.logits))
        #expect(shapes[logits.after.index] == (try before.graph.shapes()[logits.before.index]))
        var made: Set<Value> = [Graph.input]
        for node in after.graph.nodes {
            for input in node.inputs { #expect(made.contains(input), "\(node.name) reads what is not made yet") }
            made.insert(node.output)
        }
    }

    /// (x − mean) / √(variance + ε) · weight + bias, against the definition.
    @Test
    func foldBatchNormalization() throws {
        var builder = GraphBuilder()
        let convolution = Convolution(outputChannels: 1, weight: "c.weight", bias: "c.bias")
        let value = builder.append(.convolution(convolution), Graph.input, name: "c")
        let normalized = builder.append(
            .batchNormalization(BatchNormalization(prefix: "bn", epsilon: 0.5)),
            value,
            name: "bn"
        )
        let graph = builder.graph(
            name: "g",
            inputShape: FeatureShape(channels: 1, height: 1, width: 1),
            embedding: normalized,
            logits: normalized
        )
        var weights = Weights()
        weights["c.weight"] = Tensor(shape: [1, 1, 1, 1], floats: [3])
        let vectors: [String: Float] = [
            "c.bias": 2, "bn.weight": 5, "bn.bias": 7, "bn.running_mean": 11, "bn.running_var": 3.5,
        ]
        for (name, number) in vectors { weights[name] = Tensor(shape: [1], floats: [number]) }
        let folded = try Model(graph: graph, weights: weights).optimized().graph
        guard case .convolution(let result) = folded.nodes[0].operation, folded.nodes.count == 1 else {
            Issue.record("not one convolution: \(folded)")
            return
        }
        // y = (c + 2 − 11) / √4 · 5 + 7 for the convolution's plain sum c.
        #expect(result.affine == ChannelAffine(scale: [2.5], shift: [-15.5]))
        #expect(result.distribution == ChannelDistribution(means: [7], deviations: [5]))
    }
}
