import Checkpoints
import FoundationEssentials
import ModelGraph
import TestSupport
import Testing

/// Each style of checkpoints, of B0 and of another network, as its library writes it: at the native size and at another.
@Suite struct LibraryFileTests {
    static let names = [
        "efficientnet_pytorch-b0", "onnx-dynamo-b0", "onnx-script-b0", "timm-bfloat16-b0", "timm-folder-b0",
        "timm-legacy-b0", "timm-training-b0", "timm-weights-b0", "torchvision-b0", "torchvision-training-b0",
        "transformers-b0",
    ]
    static let others = [
        "efficientnet_pytorch-b1", "onnx-dynamo-resnet18", "onnx-script-v2-b0", "timm-float16-v2-b0",
        "timm-folder-v2-b0", "timm-legacy-resnet18", "timm-training-rw-t", "timm-weights-resnet18", "torchvision-b5",
        "torchvision-inception-v3", "torchvision-resnet50", "torchvision-training-resnet18", "torchvision-v2-s",
        "transformers-b1",
    ]

    @Test func allFixturesAreRun() throws {
        let folder = Fixtures.path("checkpoints/libraries")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
        #expect(Set(files) == Set((Self.names + Self.others).map { "\($0).json" }))
    }

    @Test(arguments: names) func answersAsItsLibrary(name: String) throws {
        let fixture = try LibraryFixture(name)
        let folder = try TemporaryFolder()
        var checkpoint = try checkpoint(fixture, in: folder)
        for (height, width, expected) in fixture.logits {
            checkpoint.transform = NetworkRun.transform(height: height, width: width)
            let network = try checkpoint.network()
            if let architecture = fixture.architecture, !name.hasPrefix("onnx") {
                #expect(network.architecture == architecture)
            }
            try NetworkRun.expect(network, answers: expected, tolerance: fixture.isHalf ? 1e-3 : 1e-4)
        }
    }

    @Test(.enabled(if: Fixtures.runsEverything, "EFFNET_TEST_ALL is not set"), arguments: others)
    func othersToo(name: String) throws {
        try answersAsItsLibrary(name: name)
    }

    @Test(arguments: ["efficientnet_pytorch-b0", "onnx-dynamo-b0", "onnx-script-b0", "transformers-b0"])
    func convertedFoldersAnswerTheSame(name: String) throws {
        let folder = try TemporaryFolder()
        try NetworkRun.expectConversion(of: checkpoint(LibraryFixture(name), in: folder))
    }

    /// Their names are the same; TensorFlow's networks have other borders.
    @Test func ambiguousNamesAreAskedFor() throws {
        let folder = try TemporaryFolder()
        let path = try LibraryFixture("timm-weights-b0").write(in: folder)
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(path: path).network() }
        #expect(error.problem.contains("efficientnet_b0, tf_efficientnet_b0"))
        #expect(error.remedy.contains("--architecture"))
    }

    private func checkpoint(_ fixture: LibraryFixture, in folder: TemporaryFolder) throws -> Checkpoint {
        let architecture = fixture.isArchitectureGiven ? fixture.architecture : nil
        return try Checkpoint(path: fixture.write(in: folder), architecture: architecture)
    }
}
