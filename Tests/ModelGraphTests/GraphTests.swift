import ModelGraph
import TestSupport
import Testing

struct GraphTests {
    static func convolution(stride: Int = 1, padding: Padding = .same) -> Convolution {
        Convolution(outputChannels: 4, kernel: 3, stride: stride, padding: padding, weight: "c.weight")
    }

    static func graph(_ convolution: Convolution, input: FeatureShape) -> Graph {
        var builder = GraphBuilder()
        let value = builder.append(.convolution(convolution), Graph.input, name: "c")
        return builder.graph(name: "g", inputShape: input, embedding: value, logits: value)
    }

    /// As TensorFlow and PyTorch compute them.
    @Test(arguments: [
        (224, 2, Padding.same, 112), (97, 2, .same, 49), (97, 1, .same, 97),
        (224, 2, .symmetric(kernel: 3), 112), (97, 2, .symmetric(kernel: 3), 49), (5, 1, .symmetric(kernel: 1), 3),
    ])
    func infersConvolutionSizes(side: Int, stride: Int, padding: Padding, expected: Int) throws {
        let graph = GraphTests.graph(
            GraphTests.convolution(stride: stride, padding: padding),
            input: FeatureShape(channels: 3, height: side, width: side)
        )
        #expect(try graph.shapes()[1] == FeatureShape(channels: 4, height: expected, width: expected))
    }

    @Test
    func samePaddingPutsTheLargerHalfBehind() {
        let amounts = Padding.same.amounts(input: 224, kernel: 3, stride: 2, vertical: true)
        #expect(amounts.before == 0 && amounts.after == 1)
    }

    @Test
    func refusesInputsSmallerThanTheKernel() {
        let graph = GraphTests.graph(
            GraphTests.convolution(padding: .symmetric(kernel: 1)),
            input: FeatureShape(channels: 3, height: 2, width: 2)
        )
        #expect(throws: GraphError.self) { try graph.shapes() }
    }

    @Test
    func checksWeights() throws {
        let graph = GraphTests.graph(
            GraphTests.convolution(),
            input: FeatureShape(channels: 3, height: 8, width: 8)
        )
        var weights = Weights()
        #expect(throws: GraphError.missingTensor(name: "c.weight")) { try weights.check(against: graph) }
        weights["c.weight"] = Tensor(shape: [4, 3, 1, 1], floats: [Float](repeating: 0, count: 12))
        #expect(throws: GraphError.wrongShape(name: "c.weight", expected: [4, 3, 3, 3], got: [4, 3, 1, 1])) {
            try weights.check(against: graph)
        }
        weights["c.weight"] = Tensor(shape: [4, 3, 3, 3], floats: [Float](repeating: 0, count: 108))
        #expect(throws: Never.self) { try weights.check(against: graph) }
    }

    @Test
    func refusesSumsOfDifferentShapes() {
        var builder = GraphBuilder()
        let value = builder.append(.convolution(GraphTests.convolution(stride: 2)), Graph.input, name: "c")
        let sum = builder.append(.add, value, Graph.input, name: "sum")
        let graph = builder.graph(
            name: "g",
            inputShape: FeatureShape(channels: 4, height: 8, width: 8),
            embedding: sum,
            logits: sum
        )
        #expect(throws: GraphError.self) { try graph.shapes() }
    }
}

struct TensorTests {
    /// Values of IEEE binary16 by their definition: zero, subnormals, one, the largest, infinity and NaN.
    @Test(
        arguments: [
            (0x0000, Float(0)), (0x8000, -0.0), (0x0001, 0x1p-24), (0x03ff, 1023 * 0x1p-24), (0x3c00, 1), (0xc000, -2),
            (0x7bff, 65_504), (0x7c00, .infinity), (0x3555, 0.333_251_95),
        ] as [(UInt16, Float)]
    )
    func widensHalves(bits: UInt16, expected: Float) throws {
        #expect(try widened(bits, .float16) == expected)
    }

    @Test
    func widensNaN() throws {
        #expect(try widened(0x7e00, .float16).isNaN)
        #expect(try widened(0x7fc0, .bfloat16).isNaN)
        #expect(try widened(0x3f80, .bfloat16) == 1)
    }

    private func widened(_ bits: UInt16, _ type: ElementType) throws -> Float {
        let storage = [bits].withUnsafeBytes { MemoryStorage($0) }
        let tensor = Tensor(elementType: type, shape: [1], storage: storage, byteRange: 0..<2)
        return try #require(tensor.floats()?.first)
    }
}
