import Checkpoints
import Engine
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
