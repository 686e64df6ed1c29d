package import ModelGraph

/// A trained model as it lies on disk, read and checked as far as that needs no knowledge of its architecture.
package struct Checkpoint: Sendable {
    /// What the model is called by default: its folder's name, or that of a file without a description.
    package var name: String
    /// timm's name of the architecture, "tf_efficientnet_lite0"; nil when nothing states it.
    package var architecture: String?
    /// The classes that the configuration states; zero for a model without a classifier, nil when it states nothing.
    package var classCount: Int?
    /// Nil when nothing states it; then it is the architecture's.
    package var transform: ImageTransform?
    /// One name a class; nil when the checkpoint names none.
    package var labels: [String]?
    /// What data sets call the classes, for example WordNet's "n01440764"; nil when the checkpoint does not say it.
    package var classIdentifiers: [String]?
    /// The tensors, by the names that the checkpoint gives them. They stay mapped from their file where they lie in it
    /// uncompressed.
    package var weights: Weights
    /// Tensors of element types that are not read: name → type, as the file calls it.
    package var unsupportedTypes: [String: String]
    /// The free-form texts of a safetensors file.
    let metadata: [String: String]
    /// The file or folder that errors name.
    let path: String
    /// Networks that are described rather than named.
    let huggingFace: HuggingFaceConfiguration?
    let onnx: ONNXModel?

    private static let classLimit = 1_000_000

    /// Reads a model folder as the Hugging Face Hub has it, or a file of weights; `docs/MODELS.md` lists what is read.
    ///
    /// - Parameter architecture: timm's name; wins over what the checkpoint says.
    package init(path: String, architecture: String? = nil) throws(CheckpointError) {
        let files = try ModelFiles(path: path)
        let description = try Description(files)
        let file = try WeightsFile(path: files.weightsPath)
        if description.isTimm, architecture == nil, file.onnx == nil, (description.architecture ?? "").isEmpty {
            throw CheckpointError(
                .malformed,
                path: files.configurationPath,
                problem: "the architecture is not named",
                remedy: "Add it as timm calls it, for example \"architecture\": \"tf_efficientnet_lite0\""
            )
        }
        if let count = description.classCount, !(0...Self.classLimit).contains(count) {
            throw CheckpointError(
                .malformed,
                path: files.configurationPath,
                problem: "num_classes is \(count)",
                remedy: "State a number from 0 to \(Self.classLimit)"
            )
        }
        name = files.name
        self.path = files.weightsPath
        self.architecture = architecture ?? description.architecture ?? file.architecture
        classCount = description.classCount
        transform = description.transform
        huggingFace = architecture == nil ? description.huggingFace : nil
        onnx = file.onnx
        weights = file.weights
        unsupportedTypes = file.unsupportedTypes
        metadata = file.metadata
        labels = try Self.labels(of: files, description)
        classIdentifiers = try Self.identifiers(of: files, description)
    }

    /// The names in `labels.txt`, or else in the configuration.
    private static func labels(
        of files: ModelFiles,
        _ description: Description
    ) throws(CheckpointError) -> [String]? {
        let fromFile = try files.labels()
        guard let labels = fromFile ?? description.labels else { return nil }
        let path = fromFile == nil ? files.configurationPath : files.labelsPath
        if let count = description.classCount, labels.count != count {
            throw CheckpointError(
                .inconsistent,
                path: path,
                problem: "there are \(labels.count) class names, but num_classes in config.json is \(count)",
                remedy: "Give one name a class, in the order of the classes"
            )
        }
        if let blank = labels.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
            throw CheckpointError(
                .malformed,
                path: path,
                problem: "the name of class \(blank) is blank",
                remedy: "Give one name a class, in the order of the classes"
            )
        }
        return labels
    }

    /// The lines of `synsets.txt`, or else the names that the configuration has descriptions for.
    private static func identifiers(
        of files: ModelFiles,
        _ description: Description
    ) throws(CheckpointError) -> [String]? {
        guard let identifiers = try files.synsets() ?? description.classIdentifiers else { return nil }
        if let count = description.classCount, identifiers.count != count {
            throw CheckpointError(
                .inconsistent,
                path: files.synsetsPath,
                problem: "there are \(identifiers.count) identifiers of classes, but num_classes in config.json is "
                    + "\(count)",
                remedy: "Give one a class, in the order of the classes"
            )
        }
        return identifiers
    }

    /// What stands beside the weights, in timm's form or in that of Transformers.
    private struct Description {
        var isTimm = false
        var architecture: String?
        var classCount: Int?
        var labels: [String]?
        var classIdentifiers: [String]?
        var transform: ImageTransform?
        var huggingFace: HuggingFaceConfiguration?

        init(_ files: ModelFiles) throws(CheckpointError) {
            guard files.hasConfiguration else { return }
            let path = files.configurationPath
            let configuration = try files.configuration(HuggingFaceConfiguration.self)
            if let type = configuration.modelType, type != HuggingFaceConfiguration.timmWrapper {
                huggingFace = configuration
                labels = configuration.labels?.names
                let preprocessor = try files.preprocessor(HuggingFacePreprocessor.self)
                transform = try preprocessor?.transform(path: files.preprocessorPath)
                return
            }
            let timm = try files.configuration(TimmConfiguration.self)
            isTimm = true
            architecture = timm.architecture
            classCount = timm.classCount
            labels = timm.labels
            classIdentifiers = timm.classIdentifiers
            transform = try timm.pretrained.transform(path: path)
        }
    }
}
