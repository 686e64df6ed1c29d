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
        File(name: "half.pth", golden: "timm", architecture: plain, tolerance: 1e-3),
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

    @Test(arguments: ["training.pth", "torchvision.pth", "efficientnet_pytorch.pth", "huggingface"])
    func convertedFoldersAnswerTheSame(name: String) throws {
        let checkpoint = try Checkpoint(path: Fixtures.path("checkpoints/files/\(name)"))
        var original = try checkpoint.network()
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/converted"
        original.transform = NetworkRun.transform(height: 64, width: 64)
        try TimmFolder.write(original, labels: checkpoint.labels, to: path)
        let converted = try Checkpoint(path: path)
        #expect(converted.labels == checkpoint.labels)
        let network = try converted.network()
        let before = try NetworkRun.logits(of: original)
        try NetworkRun.expect(network, answers: Tensor(shape: [1, before.count], floats: before), tolerance: 1e-5)
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
        var architecture: String?
        var size: [Int]
        var tensors: [String: [Int]]
        var varianceExponents: [String: Int]
    }

    @Test(arguments: names) func answersAsItsLibrary(name: String) throws {
        let path = Fixtures.path("checkpoints/styles/\(name)")
        let json = try Data(contentsOf: URL(filePath: "\(path).json"))
        let description = try JSONDecoder().decode(Description.self, from: json)
        let shapes = description.tensors.map { (name: $0.key, shape: $0.value) }
        let weights = SeededValues.weights(shapes, exponents: description.varianceExponents)
        let folder = try TemporaryFolder()
        try folder.write("model/model.safetensors", SafetensorsWriter.bytes(weights))
        if description.architecture == nil {
            let whole = String(decoding: json, as: UTF8.self)
            let start = try #require(whole.firstRange(of: "\"configuration\": "))
            let end = try #require(whole.firstRange(of: ", \"size\": "))
            try folder.write("model/config.json", String(whole[start.upperBound..<end.lowerBound]))
        }
        var checkpoint = try Checkpoint(path: "\(folder.path)/model")
        checkpoint.transform = NetworkRun.transform(height: description.size[0], width: description.size[1])
        let expected = try #require(try SafetensorsFile(path: "\(path).safetensors").weights["logits"])
        let network = try checkpoint.network()
        if let architecture = description.architecture { #expect(network.architecture == architecture) }
        try NetworkRun.expect(network, answers: expected, tolerance: 1e-4)
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

    static func expect(_ network: Network, answers expected: Tensor, tolerance: Float) throws {
        let expected = try #require(expected.floats())
        let got = try logits(of: network)
        try #require(got.count == expected.count)
        let largest = expected.map(abs).max() ?? 0
        let difference = zip(got, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(difference <= tolerance * largest, "difference \(difference), largest \(largest)")
    }
}
