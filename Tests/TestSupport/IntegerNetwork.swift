import Checkpoints
import FoundationEssentials
package import ModelGraph

/// A small network of scripts/make-int8-goldens.py, and what integer arithmetic answers for it.
package struct IntegerNetwork: Sendable {
    package let graph: Graph
    /// In floats.
    package let weights: Weights
    package let quantization: Quantization
    /// `[image][channel][row][column]`
    package let input: [Float]
    package let images: Int
    /// The network's size, and what it makes of samples.
    package let transform: ImageTransform
    /// For each image its samples, channels interleaved; none where its stem multiplies floats.
    package let samples: [[UInt8]]
    /// `logits` and `embedding` in floats, and of each layer that stores bytes `[image][channel][row][column]`.
    package let goldens: Weights

    private struct Description: Decodable {
        struct Layer: Decodable {
            var name: String
            var channels: Int?
            var kernel: Int?
            var stride: Int?
            var groups: Int?
            var activation: String?
            var residual: String?
        }

        var input: [Int]
        var mean: [Float]?
        var std: [Float]?
        var layers: [Layer]
    }

    /// - Parameter stemReadsBytes: whether the first layer multiplies integers too.
    package init(stemReadsBytes: Bool = false) throws {
        let folder = Fixtures.path(stemReadsBytes ? "int8-picture" : "int8")
        let data = try Data(contentsOf: URL(filePath: "\(folder)/network.json"))
        let description = try JSONDecoder().decode(Description.self, from: data)
        graph = Self.graph(description)
        weights = try SafetensorsFile(path: "\(folder)/model.safetensors").weights
        goldens = try SafetensorsFile(path: "\(folder)/goldens.safetensors").weights
        guard let input = weights["input"], let floats = input.floats(),
            let quantization = try QuantizationFile.read(besideModel: folder, for: graph)
        else {
            throw CheckpointError(
                .malformed,
                path: folder,
                problem: "the input or the scales are missing",
                remedy: "Make the goldens again"
            )
        }
        (self.input, images, self.quantization) = (floats, input.shape[0], quantization)
        transform = ImageTransform(
            width: graph.inputShape.width,
            height: graph.inputShape.height,
            mean: description.mean ?? [0, 0, 0],
            standardDeviation: description.std ?? [1, 1, 1]
        )
        let planes = weights["samples"]?.floats() ?? []
        let channels = graph.inputShape.channels
        let pixels = graph.inputShape.width * graph.inputShape.height
        samples = stride(from: 0, to: planes.count, by: channels * pixels).map { first in
            (0..<channels * pixels).map { UInt8(planes[first + $0 % channels * pixels + $0 / channels]) }
        }
    }

    private static func graph(_ description: Description) -> Graph {
        var builder = GraphBuilder()
        var outputs: [String: Value] = [:]
        var (last, embedding) = (Graph.input, Graph.input)
        for layer in description.layers {
            guard let channels = layer.channels else {
                last = builder.append(.globalAveragePool, last, name: layer.name)
                embedding = last
                continue
            }
            let kernel = layer.kernel ?? 1
            let convolution = Convolution(
                outputChannels: channels,
                kernel: kernel,
                stride: layer.stride ?? 1,
                padding: .symmetric(kernel: kernel),
                groups: layer.groups ?? 1,
                weight: layer.name + ".weight",
                bias: layer.name + ".bias"
            )
            last = builder.append(.convolution(convolution), last, name: layer.name)
            if let residual = layer.residual.flatMap({ outputs[$0] }) {
                last = builder.append(.add, last, residual, name: layer.name + ".add")
            }
            if let function = layer.activation.flatMap(ActivationFunction.init) {
                last = builder.append(.activation(function), last, name: layer.name + ".act")
            }
            outputs[layer.name] = last
        }
        let shape = FeatureShape(
            channels: description.input[0],
            height: description.input[1],
            width: description.input[2]
        )
        return builder.graph(name: "int8", inputShape: shape, embedding: embedding, logits: last)
    }
}
