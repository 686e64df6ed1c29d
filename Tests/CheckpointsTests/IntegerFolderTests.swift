import Checkpoints
import Engine
import ModelGraph
import TestSupport
import Testing

/// Folders whose weights are 8-bit integers.
@Suite struct IntegerFolderTests {
    private let folder: TemporaryFolder
    private let network: Network
    /// Powers of two as scales, so that integers times scales are the floats themselves.
    private let quantization: Quantization
    private let integers: [String: [Int8]]

    init() throws {
        folder = try TemporaryFolder()
        let checkpoint = try Checkpoint(path: Fixtures.path("checkpoints/files/training.pth"))
        let read = try TimmFolder.timmForm(of: checkpoint.network(), path: "training.pth")
        network = read
        var integers: [String: [Int8]] = [:]
        var quantization = Quantization()
        for node in read.graph.nodes where node.name.hasSuffix("conv_dw") || node.name == "classifier" {
            guard case .convolution(let convolution) = node.operation else { continue }
            let count = read.weights[convolution.weight]?.count ?? 0
            integers[node.name] = SeededValues.units(node.name, count: count).map { Int8($0 * 127) }
            quantization.layers[node.name] = Quantization.Layer(
                scales: [Float](repeating: 0x1p-7, count: convolution.outputChannels),
                shifts: SeededValues.units(node.name + ".shift", count: convolution.outputChannels)
            )
        }
        quantization.features["conv_stem"] = Quantization.Features(scale: 0.5, zero: 3)
        (self.integers, self.quantization) = (integers, quantization)
    }

    private func write(_ quantization: Quantization) throws -> Checkpoint {
        let path = "\(folder.path)/model"
        try TimmFolder.write(
            network,
            quantization: quantization,
            integers: integers,
            pictures: 3,
            labels: nil,
            classIdentifiers: nil,
            to: path
        )
        return try Checkpoint(path: path)
    }

    @Test func integersScalesAndFloatsComeBack() throws {
        let checkpoint = try write(quantization)
        let read = try checkpoint.network()
        #expect(read.quantization == quantization)
        #expect(try checkpoint.quantization(of: read) == quantization)
        #expect(!integers.isEmpty)
        for (name, expected) in integers {
            let tensor = try #require(read.weights[name + ".weight"])
            #expect(tensor.elementType == .int8)
            #expect(tensor.shape == network.weights[name + ".weight"]?.shape)
            #expect(tensor.withUnsafeBytes { $0.map(Int8.init(bitPattern:)) } == expected)
        }
        #expect(read.weights["conv_stem.weight"]?.floats() == network.weights["conv_stem.weight"]?.floats())
        // Batch normalisation and bias of integer layers are part of their shifts.
        for name in ["blocks.0.0.bn1.weight", "classifier.bias"] {
            #expect(network.weights[name] != nil)
            #expect(checkpoint.weights[name] == nil)
        }
        #expect(checkpoint.weights["bn1.weight"] != nil)
    }

    /// In floats the network computes with scale · integer, and the shift.
    @Test func runsInFloats() throws {
        let read = try write(quantization).network()
        let model = try Model(graph: read.graph, weights: read.weights, quantization: read.quantization)
        var expected = network.weights
        for (name, integers) in integers {
            let layer = try #require(quantization.layers[name])
            let shape = try #require(expected[name + ".weight"]).shape
            expected[name + ".weight"] = Tensor(shape: shape, floats: integers.map { Float($0) * 0x1p-7 })
            if name == "classifier" {
                expected["classifier.bias"] = Tensor(shape: [layer.shifts.count], floats: layer.shifts)
            }
        }
        for node in network.graph.nodes {
            guard case .batchNormalization(let norm) = node.operation,
                let convolution = network.graph.nodes.first(where: { $0.output == node.inputs[0] }),
                let layer = quantization.layers[convolution.name]
            else { continue }
            let count = layer.shifts.count
            func constant(_ number: Float) -> Tensor {
                Tensor(shape: [count], floats: [Float](repeating: number, count: count))
            }
            expected[norm.prefix + ".weight"] = constant(1)
            expected[norm.prefix + ".bias"] = Tensor(shape: [count], floats: layer.shifts)
            expected[norm.prefix + ".running_mean"] = constant(0)
            expected[norm.prefix + ".running_var"] = constant(Float(1 - norm.epsilon))
        }
        let reference = try Model(graph: network.graph, weights: expected)
        let shape = network.graph.inputShape
        let input = SeededValues.picture([1, shape.channels, shape.height, shape.width])
        func logits(_ model: Model) throws -> [Float] {
            let plan = try Plan(model.optimized(), transform: network.transform, instructionSet: .best)
            let session = Session(plan: plan, maxBatch: 1, pool: WorkerPool(helpers: 0))
            return try session.run(.tensor(input, images: 1))[0].logits
        }
        let (got, want) = (try logits(model), try logits(reference))
        let largest = want.map(abs).max() ?? 0
        #expect(largest > 0)
        #expect(zip(got, want).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
    }

    @Test func isConvertedNoFurther() throws {
        let read = try write(quantization).network()
        let error = try #require(throws: CheckpointError.self) { try TimmFolder.timmForm(of: read, path: "x") }
        #expect(error.problem.contains("8-bit integers"))
    }

    @Test func integersWithoutScalesAreRefused() throws {
        var partial = quantization
        partial.layers["classifier"] = nil
        let checkpoint = try write(partial)
        #expect(throws: GraphError.wrongElementType(name: "classifier.weight", got: "int8")) {
            try checkpoint.network()
        }
    }
}
