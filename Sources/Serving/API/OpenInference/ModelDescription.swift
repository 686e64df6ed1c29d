import Classification
import Engine

/// A model as the Open Inference Protocol describes it.
struct ModelDescription {
    /// The names of the tensors.
    enum Tensor {
        /// Compressed pictures.
        static let image = "image"
        /// Pictures that are already preprocessed.
        static let input = "input"
    }

    private let served: ServedModel

    init(_ served: ServedModel) {
        self.served = served
    }

    private var information: ModelInformation { served.model.information }
    var outputs: [OutputTensor] { OutputTensor.all(of: information) }
    var inputShape: [Int] { served.model.tensorShape }

    /// Numbers a picture of each output.
    func width(of output: OutputTensor) -> Int {
        output == .embedding ? information.embeddingCount : information.classCount
    }

    func metadata(versions: [Int]) -> JSONValue {
        func tensor(_ name: String, _ type: String, _ shape: [Int]) -> JSONValue {
            [
                "name": .string(name), "datatype": .string(type),
                "shape": .array(shape.map { .integer($0) }),
            ]
        }
        return [
            "name": .string(served.identity.name),
            "versions": .array(versions.map { .string(String($0)) }),
            "platform": "effnet",
            "inputs": [
                tensor(Tensor.image, "BYTES", [-1, 1]), tensor(Tensor.input, "FP32", [-1] + inputShape),
            ],
            "outputs": .array(outputs.map { tensor($0.rawValue, "FP32", [-1, width(of: $0)]) }),
        ]
    }

    /// Triton's model configuration, as far as it says something of a model here.
    ///
    /// - Parameter maxBatch: pictures in one request.
    func configuration(maxBatch: Int) -> JSONValue {
        func tensor(_ name: String, _ type: String, _ shape: [Int]) -> JSONValue {
            [
                "name": .string(name), "data_type": .string(type),
                "dims": .array(shape.map { .integer($0) }),
            ]
        }
        func input(_ name: String, _ type: String, _ shape: [Int]) -> JSONValue {
            guard case .object(let members) = tensor(name, type, shape) else { return .null }
            return .object(members + [.init(name: "optional", value: true)])
        }
        return [
            "name": .string(served.identity.name),
            "platform": "effnet",
            "backend": "effnet",
            "version_policy": ["latest": ["num_versions": 1]],
            "max_batch_size": .integer(maxBatch),
            "input": [
                input(Tensor.image, "TYPE_STRING", [1]), input(Tensor.input, "TYPE_FP32", inputShape),
            ],
            "output": .array(outputs.map { tensor($0.rawValue, "TYPE_FP32", [width(of: $0)]) }),
            "dynamic_batching": .object([]),
            "parameters": [
                "architecture": ["string_value": .string(information.architecture)],
                "precision": ["string_value": .string(information.precision)],
            ],
        ]
    }
}

/// What can be asked of a picture.
enum OutputTensor: String, Sendable, CaseIterable {
    case logits, probabilities, embedding

    /// What a model can be asked for: one without a classifier has embeddings alone.
    static func all(of model: ModelInformation) -> [OutputTensor] {
        model.classCount > 0 ? allCases : [.embedding]
    }

    func values(of result: JobResult, model: ServedModel) -> [Float] {
        switch self {
        case .logits: result.output.logits
        case .probabilities: model.model.probabilities(for: result.output)
        case .embedding: result.output.embedding
        }
    }
}
