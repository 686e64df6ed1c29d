import Checkpoints
import FoundationEssentials
package import ModelGraph

/// What PyTorch and timm answer for one model and input: a case of scripts/make-logit-goldens.py.
package struct LogitGolden: Sendable {
    package let architecture: String
    package let classCount: Int
    /// N, C, H, W.
    package let inputShape: [Int]
    /// A folder in Models/; nil for seeded weights.
    package let modelFolder: String?
    /// Scales of the seeded batch norms, by layer.
    package let varianceExponents: [String: Int]
    /// [N, classCount]; nil for a network without a classifier.
    package let logits: Tensor?
    /// [N, features]
    package let embedding: Tensor
    /// What PyTorch makes of the logits, or of the embedding where there are none, in bf16; nil for most cases.
    package let bfloat16: Tensor?

    /// - Parameter name: of a pair of files in Tests/Fixtures/logits.
    package init(_ name: String) throws {
        let data = try Data(contentsOf: URL(filePath: Fixtures.path("logits/\(name).json")))
        let description = try JSONDecoder().decode(Description.self, from: data)
        let file = try SafetensorsFile(path: Fixtures.path("logits/\(name).safetensors"))
        guard let embedding = file.weights["embedding"] else {
            throw CheckpointError(
                .malformed,
                path: name,
                problem: "outputs are missing",
                remedy: "Make the goldens again"
            )
        }
        architecture = description.architecture
        classCount = description.classCount
        inputShape = description.inputShape
        modelFolder = description.modelFolder
        varianceExponents = description.varianceExponents
        logits = file.weights["logits"]
        bfloat16 = file.weights[logits == nil ? "bfloat16.embedding" : "bfloat16.logits"]
        self.embedding = embedding
    }

    /// All cases, sorted.
    package static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: Fixtures.path("logits"))) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// The input's numbers in NCHW order.
    package var input: [Float] { SeededValues.picture(inputShape) }

    /// The model's weights: the folder's, or seeded ones for the tensors that the graph asks for.
    package func weights(_ shapes: [(name: String, shape: [Int])]) throws -> Weights {
        if let modelFolder {
            return try Checkpoint(path: "\(Fixtures.root)/Models/\(modelFolder)").weights
        }
        return SeededValues.weights(shapes, exponents: varianceExponents)
    }

    private struct Description: Decodable {
        var architecture: String
        var classCount: Int
        var inputShape: [Int]
        var modelFolder: String?
        var varianceExponents: [String: Int]
    }
}
