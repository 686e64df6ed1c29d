package import ModelGraph

/// A trained model as it lies on disk, read and checked as far as that needs no knowledge of its architecture.
package struct Checkpoint: Sendable {
    /// What the model is called by default: its folder's name.
    package var name: String
    /// timm's name of the architecture: "tf_efficientnet_lite0".
    package var architecture: String
    /// The classes that the configuration states; zero for a model without a classifier, nil when it states nothing.
    package var classCount: Int?
    package var transform: ImageTransform
    /// One name a class; nil when the checkpoint names none.
    package var labels: [String]?
    /// The tensors, by the names that the checkpoint gives them. They stay mapped from their file.
    package var weights: Weights
    /// Tensors of element types that are not read: name → type, as the file calls it.
    package var unsupportedTypes: [String: String]

    private static let classLimit = 1_000_000

    /// Reads a timm-style model folder, as cloned from the Hugging Face Hub.
    ///
    /// - Parameter path: the folder, or a safetensors file in it.
    package init(path: String) throws(CheckpointError) {
        let folder = try ModelFolder(path: path)
        let configuration = try folder.configuration()
        guard let architecture = configuration.architecture, !architecture.isEmpty else {
            throw CheckpointError(
                .malformed,
                path: folder.configurationPath,
                problem: "the architecture is not named",
                remedy: "Add it as timm calls it, for example \"architecture\": \"tf_efficientnet_lite0\""
            )
        }
        if let count = configuration.classCount, !(0...Self.classLimit).contains(count) {
            throw CheckpointError(
                .malformed,
                path: folder.configurationPath,
                problem: "num_classes is \(count)",
                remedy: "State a number from 0 to \(Self.classLimit)"
            )
        }
        let file = try folder.weights()
        self.name = folder.name
        self.architecture = architecture
        classCount = configuration.classCount
        transform = try configuration.pretrained.transform(path: folder.configurationPath)
        labels = try Self.labels(of: folder, configuration)
        weights = file.weights
        unsupportedTypes = file.unsupportedTypes
    }

    /// The names in `labels.txt`, or else in the configuration.
    private static func labels(
        of folder: ModelFolder,
        _ configuration: TimmConfiguration
    ) throws(CheckpointError) -> [String]? {
        let fromFile = try folder.labels()
        guard let labels = fromFile ?? configuration.labels else { return nil }
        let path = fromFile == nil ? folder.configurationPath : folder.labelsPath
        if let count = configuration.classCount, labels.count != count {
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
}
