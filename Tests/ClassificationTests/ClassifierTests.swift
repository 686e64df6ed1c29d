import Checkpoints
import Classification
import Engine
import Imaging
import ModelGraph
import TestSupport
import Testing

struct ClassifierTests {
    static let model = "tf_efficientnet_lite0"

    @Test
    func predictionsAreSortedAndSumToOne() throws {
        let classifier = try PhotoTests.classifier(ClassifierTests.model)
        var logits = [Float](repeating: 0, count: 1000)
        logits[3] = 5
        logits[7] = 9
        logits[1] = 5
        let output = ModelOutput(logits: logits, embedding: [])
        let top = classifier.predictions(for: output, count: 3)
        #expect(top.map(\.classID) == [7, 1, 3], "ties go to the smaller class")
        let all = classifier.predictions(for: output, count: 5_000)
        #expect(all.count == 1000)
        #expect(abs(all.reduce(0) { $0 + Double($1.score) } - 1) < 1e-5)
        #expect(all.first { $0.classID == 2 }?.label == "great white shark")
        #expect(classifier.predictions(for: output, count: 0).isEmpty)
    }

    /// Large logits must not overflow.
    @Test
    func softmaxIsStable() throws {
        let classifier = try PhotoTests.classifier(ClassifierTests.model)
        var logits = [Float](repeating: -3e38, count: 1000)
        logits[5] = 3e38
        let best = classifier.predictions(for: ModelOutput(logits: logits, embedding: []), count: 1)
        #expect(best.first?.classID == 5 && best.first?.score == 1)
    }

    @Test
    func informationIsTrue() throws {
        let information = try PhotoTests.classifier(ClassifierTests.model).information
        #expect(information.parameterCount == 4_652_008)
        #expect(information.classCount == 1000)
        #expect(information.transform.width == 224 && information.transform.cropFraction == 0.875)
        #expect(information.instructionSet == InstructionSet.best.rawValue)
    }

    /// Weights that are not numbers give an error, not an answer.
    @Test
    func refusesNotFiniteAnswers() throws {
        let folder = try ClassifierTests.copy { name, tensor in
            name == "classifier.bias"
                ? Tensor(shape: tensor.shape, floats: Array(repeating: .nan, count: 1000)) : tensor
        }
        let classifier = try Classifier(folder: folder.path)
        let picture = try classifier.pipeline(Files.bytes(Fixtures.path("photos/macaw.jpg")))
        #expect(throws: ClassificationError.self) { try classifier.run([picture]) }
    }

    @Test
    func refusesInputsThatDoNotFit() throws {
        let classifier = try PhotoTests.classifier(ClassifierTests.model)
        #expect(throws: SessionError.self) { try classifier.run(tensor: [1, 2, 3], images: 1) }
        #expect(throws: SessionError.self) {
            try classifier.run(tensor: [Float](repeating: 0, count: 9 * 3 * 224 * 224), images: 9)
        }
        #expect(throws: SessionError.self) { try classifier.run(tensor: [], images: -1) }
        #expect(try classifier.run(tensor: [], images: 0).isEmpty)
    }

    @Test
    func refusesUnknownKernelSets() {
        var options = Classifier.Options()
        options.instructionSet = "avx9"
        #expect(throws: InstructionSetError.self) {
            try Classifier(folder: "\(Fixtures.root)/Models/\(ClassifierTests.model)", options: options)
        }
    }

    /// Half-precision files of either kind answer nearly the same as the original.
    @Test(arguments: [ElementType.float16, .bfloat16])
    func readsHalfPrecision(type: ElementType) throws {
        let folder = try ClassifierTests.copy { _, tensor in try HalfPrecision.rounded(tensor, to: type) }
        let half = try Classifier(folder: folder.path)
        let full = try PhotoTests.classifier(ClassifierTests.model)
        let picture = try full.pipeline(Files.bytes(Fixtures.path("photos/macaw.jpg")))
        let (got, expected) = (try half.run([picture])[0].logits, try full.run([picture])[0].logits)
        let largest = expected.map(abs).max() ?? 0
        let difference = zip(got, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(difference > 0, "the half-precision file was not read")
        #expect(difference < (type == .float16 ? 0.02 : 0.15) * largest)
    }

    /// The bundled model with other tensors.
    private static func copy(_ change: (_ name: String, _ tensor: Tensor) throws -> Tensor) throws -> TemporaryFolder {
        let original = "\(Fixtures.root)/Models/\(model)"
        let folder = try TemporaryFolder()
        let checkpoint = try Checkpoint(path: original)
        var weights = Weights()
        for name in checkpoint.weights.names {
            weights[name] = try change(name, #require(checkpoint.weights[name]))
        }
        try SafetensorsWriter.write(weights, to: "\(folder.path)/model.safetensors")
        for file in ["config.json", "labels.txt"] {
            try folder.write(file, Files.bytes("\(original)/\(file)"))
        }
        return folder
    }
}
