import Checkpoints
import Engine
import FoundationEssentials
import ModelGraph
import TestSupport
import Testing

/// Files as other libraries write them, against what those libraries answer (scripts/make-checkpoint-fixtures.py).
@Suite struct CheckpointStyleTests {
    struct File: Sendable, CustomTestStringConvertible {
        var name: String
        var golden: String
        var architecture: String?
        var sizes: [(height: Int, width: Int)] = [(64, 64), (75, 90)]
        var tolerance: Float = 1e-4

        var testDescription: String { name }
        var path: String { Fixtures.path("checkpoints/files/\(name)") }
    }

    private static let plain = "efficientnet_w0.1_d0.5_r64"

    static let files = [
        File(name: "timm.pth", golden: "timm", architecture: plain),
        File(name: "legacy.pth", golden: "timm", architecture: plain),
        File(name: "half.pth", golden: "half", architecture: plain, tolerance: 1e-3),
        File(name: "training.pth", golden: "timm"),
        File(name: "torchvision.pth", golden: "torchvision"),
        File(name: "efficientnet_pytorch.pth", golden: "efficientnet_pytorch", sizes: [(64, 64)]),
        File(name: "huggingface", golden: "huggingface"),
        File(name: "timm-script.onnx", golden: "timm", sizes: [(64, 64)]),
        File(name: "timm-dynamo.onnx", golden: "timm", sizes: [(64, 64)]),
        File(name: "timm-unfolded.onnx", golden: "timm"),
        File(name: "tensorflow-script.onnx", golden: "tensorflow", sizes: [(64, 64)]),
        File(name: "tensorflow-dynamo.onnx", golden: "tensorflow", sizes: [(64, 64)]),
    ]

    @Test(arguments: files) func answersAsItsLibrary(file: File) throws {
        let goldens = try SafetensorsFile(path: Fixtures.path("checkpoints/files/goldens.safetensors")).weights
        for size in file.sizes {
            var checkpoint = try Checkpoint(path: file.path, architecture: file.architecture)
            checkpoint.transform = NetworkRun.transform(height: size.height, width: size.width)
            let expected = try #require(goldens["\(file.golden).\(size.height)x\(size.width)"])
            try NetworkRun.expect(checkpoint.network(), answers: expected, tolerance: file.tolerance)
        }
    }

    @Test func ambiguousNamesAreAskedFor() throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("checkpoints/files/timm.pth"))
        let error = try #require(throws: CheckpointError.self) { try checkpoint.network() }
        #expect(error.problem.contains("fit several architectures"))
        #expect(error.remedy.contains("--architecture"))
    }

    @Test func transformersPreprocessingIsUnderstood() throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("checkpoints/files/huggingface"))
        let transform = try #require(checkpoint.transform)
        #expect(transform.width == 64)
        #expect(transform.cropMode == .squash)
        #expect(transform.cropFraction == 1)
        #expect(transform.interpolation == .nearest)
        #expect(transform.mean == [0.485, 0.456, 0.406])
        // The deviation divides twice.
        for (got, variance) in zip(transform.standardDeviation, [0.229, 0.224, 0.225]) {
            #expect(abs(Double(got) - variance) < 1e-4)
        }
        #expect(checkpoint.labels?[6] == "class 6")
        #expect(try checkpoint.network().classCount == 7)
    }

    @Test(arguments: ["training.pth", "torchvision.pth"])
    func convertedFoldersAnswerTheSame(name: String) throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("checkpoints/files/\(name)"))
        try NetworkRun.expectConversion(of: checkpoint)
    }

    @Test func shardsAreJoined() throws {
        let folder = try TemporaryFolder()
        let weights = SeededValues.weights([("a", [2]), ("b", [3])])
        for (index, name) in ["a", "b"].enumerated() {
            var shard = Weights()
            shard[name] = weights[name]
            try folder.write("model-0000\(index + 1)-of-00002.safetensors", SafetensorsWriter.bytes(shard))
        }
        let map = #"{"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}"#
        try folder.write("model.safetensors.index.json", #"{"metadata": {}, "weight_map": \#(map)}"#)
        #expect(try Checkpoint(path: folder.path).weights.names == ["a", "b"])
        for wrong in [#"{"a": "../model.safetensors"}"#, #"{"c": "model-00001-of-00002.safetensors"}"#] {
            try folder.write("model.safetensors.index.json", #"{"weight_map": \#(wrong)}"#)
            #expect(throws: CheckpointError.self) { try Checkpoint(path: folder.path) }
        }
    }
}

/// Networks of real size, whose weights are formulas, under the names that other libraries give their tensors.
@Suite struct NamingStyleTests {
    static let names = [
        "torchvision-b0", "torchvision-v2-s", "torchvision-resnet50", "torchvision-inception-v3", "huggingface-b0-odd",
        "huggingface-b1", "efficientnet_pytorch-b0",
    ]
    static let others = ["torchvision-b5", "huggingface-b0", "efficientnet_pytorch-b1"]

    private struct Description: Decodable {
        /// Of Transformers' configuration, what a network is built from.
        struct Configuration: Codable {
            var model_type: String
            var width_coefficient: Double
            var depth_coefficient: Double
            var image_size: Int
            var depthwise_padding: [Int]
            var batch_norm_eps: Double
            var hidden_act: String
        }

        var architecture: String?
        var configuration: Configuration?
        var size: [Int]
        var tensors: [String: [Int]]
        var varianceExponents: [String: Int]
    }

    private static func description(_ name: String) throws -> Description {
        let json = try Data(contentsOf: URL(filePath: Fixtures.path("checkpoints/styles/\(name).json")))
        return try JSONDecoder().decode(Description.self, from: json)
    }

    /// Writes the tensors, and Transformers' description where there is one, as their library does.
    private static func checkpoint(_ name: String, in folder: TemporaryFolder) throws -> Checkpoint {
        let description = try description(name)
        let shapes = description.tensors.map { (name: $0.key, shape: $0.value) }
        let weights = SeededValues.weights(shapes, exponents: description.varianceExponents)
        try folder.write("model/model.safetensors", SafetensorsWriter.bytes(weights))
        if let configuration = description.configuration {
            try folder.write("model/config.json", Array(JSONEncoder().encode(configuration)))
        }
        var checkpoint = try Checkpoint(path: "\(folder.path)/model")
        checkpoint.transform = NetworkRun.transform(height: description.size[0], width: description.size[1])
        return checkpoint
    }

    @Test(arguments: names) func answersAsItsLibrary(name: String) throws {
        let network = try Self.checkpoint(name, in: TemporaryFolder()).network()
        let goldens = try SafetensorsFile(path: Fixtures.path("checkpoints/styles/\(name).safetensors")).weights
        if let architecture = try Self.description(name).architecture {
            #expect(network.architecture == architecture)
        }
        try NetworkRun.expect(network, answers: #require(goldens["logits"]), tolerance: 1e-4)
    }

    @Test(arguments: ["torchvision-v2-s", "huggingface-b1", "efficientnet_pytorch-b0"])
    func convertedFoldersAnswerTheSame(name: String) throws {
        try NetworkRun.expectConversion(of: Self.checkpoint(name, in: TemporaryFolder()))
    }

    @Test(.enabled(if: Fixtures.runsEverything, "EFFNET_TEST_ALL is not set"), arguments: others)
    func othersToo(name: String) throws {
        try answersAsItsLibrary(name: name)
    }
}

/// Runs a network over scripts/seeded_values.py's picture.
enum NetworkRun {
    static func transform(height: Int, width: Int) -> ImageTransform {
        let half: [Float] = [0.5, 0.5, 0.5]
        return ImageTransform(width: width, height: height, mean: half, standardDeviation: half)
    }

    static func logits(of network: Network) throws -> [Float] {
        let shape = network.graph.inputShape
        let model = try Model(graph: network.graph, weights: network.weights).optimized()
        let plan = try Plan(model, transform: network.transform, instructionSet: .best)
        let session = Session(plan: plan, maxBatch: 1, pool: WorkerPool(helpers: 0))
        let picture = SeededValues.picture([1, shape.channels, shape.height, shape.width])
        return try session.run(.tensor(picture, images: 1))[0].logits
    }

    /// A checkpoint that was written in timm's form and read again answers as before.
    static func expectConversion(of checkpoint: Checkpoint) throws {
        let folder = try TemporaryFolder()
        let original = try checkpoint.network()
        let identifiers = (0..<original.classCount).map { "n\($0)" }
        try TimmFolder.write(
            original,
            labels: checkpoint.labels,
            classIdentifiers: identifiers,
            to: "\(folder.path)/converted"
        )
        let converted = try Checkpoint(path: "\(folder.path)/converted")
        #expect(converted.labels == checkpoint.labels)
        #expect(converted.classIdentifiers == identifiers)
        let before = try logits(of: original)
        try expect(converted.network(), answers: Tensor(shape: [1, before.count], floats: before), tolerance: 1e-5)
    }

    static func expect(_ network: Network, answers expected: Tensor, tolerance: Float) throws {
        let expected = try #require(expected.floats())
        let got = try logits(of: network)
        try #require(got.count == expected.count)
        let largest = expected.map(abs).max() ?? 0
        let difference = zip(got, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(difference <= tolerance * largest, "difference \(difference), largest \(largest)")
    }
}
