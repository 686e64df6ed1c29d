import Checkpoints
import ModelGraph
import TestSupport
import Testing

@Suite struct CheckpointTests {
    private let folder: TemporaryFolder

    private static let weights = SafetensorsWriter.bytes(SeededValues.weights([("classifier.bias", [3])]))
    private static let pretrained = """
        "input_size": [3, 192, 256], "mean": [0.5, 0.25, 0.125], "std": [1, 2, 4], "crop_pct": 0.9,
        "interpolation": "bilinear", "crop_mode": "squash", "pool_size": [7, 7], "test_input_size": [3, 288, 288]
        """

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("model/model.safetensors", Self.weights)
    }

    private func checkpoint(_ configuration: String, labels: String? = nil) throws -> Checkpoint {
        try folder.write("model/config.json", configuration)
        if let labels {
            try folder.write("model/labels.txt", labels)
        }
        return try Checkpoint(path: "\(folder.path)/model")
    }

    private func error(_ configuration: String, labels: String? = nil) throws -> CheckpointError {
        try #require(throws: CheckpointError.self) { try checkpoint(configuration, labels: labels) }
    }

    // The committed model

    @Test func readsTheCommittedModel() throws {
        let checkpoint = try Checkpoint(path: "\(Fixtures.root)/Models/tf_efficientnet_lite0")
        #expect(checkpoint.name == "tf_efficientnet_lite0")
        #expect(checkpoint.architecture == "tf_efficientnet_lite0")
        #expect(checkpoint.classCount == 1000)
        #expect(
            checkpoint.transform
                == ImageTransform(
                    width: 224,
                    height: 224,
                    cropFraction: 0.875,
                    cropMode: .center,
                    interpolation: .bicubic,
                    mean: [0.5, 0.5, 0.5],
                    standardDeviation: [0.5, 0.5, 0.5]
                )
        )
        #expect(checkpoint.labels?.count == 1000)
        #expect(checkpoint.labels?[2] == "great white shark")
        #expect(checkpoint.classIdentifiers?.count == 1000)
        #expect(checkpoint.classIdentifiers?[2] == "n01484850")
        #expect(checkpoint.weights["conv_stem.weight"]?.shape == [32, 3, 3, 3])
        #expect(checkpoint.weights["classifier.weight"]?.shape == [1000, 1280])
        let count = checkpoint.weights.names.reduce(0) { $0 + (checkpoint.weights[$1]?.count ?? 0) }
        #expect(count == 4_694_024)
        #expect(checkpoint.unsupportedTypes.isEmpty)
    }

    // Layouts of config.json

    @Test(arguments: [
        #"{"architecture": "a", "num_classes": 3, "pretrained_cfg": {\#(pretrained), "num_classes": 1000}}"#,
        #"{"architecture": "a", "num_classes": 3, "num_features": 1280, \#(pretrained)}"#,
        #"{"architecture": "a", "pretrained_cfg": {\#(pretrained), "num_classes": 3}, "model_args": {"x": [{}]}}"#,
    ])
    func readsNestedAndFlatConfigurations(configuration: String) throws {
        let checkpoint = try checkpoint(configuration)
        #expect(checkpoint.name == "model")
        #expect(checkpoint.architecture == "a")
        #expect(checkpoint.classCount == 3)
        #expect(
            checkpoint.transform
                == ImageTransform(
                    width: 256,
                    height: 192,
                    cropFraction: 0.9,
                    cropMode: .squash,
                    interpolation: .bilinear,
                    mean: [0.5, 0.25, 0.125],
                    standardDeviation: [1, 2, 4]
                )
        )
        #expect(checkpoint.labels == nil)
    }

    @Test func whatIsMissingHasTimmsDefault() throws {
        let checkpoint = try checkpoint(#"{"architecture": "a"}"#)
        #expect(checkpoint.classCount == nil)
        #expect(
            checkpoint.transform
                == ImageTransform(
                    width: 224,
                    height: 224,
                    mean: [0.485, 0.456, 0.406],
                    standardDeviation: [0.229, 0.224, 0.225]
                )
        )
    }

    @Test func oneNumberStandsForAllChannels() throws {
        let configuration = #"{"architecture": "a", "input_size": [2, 8, 8], "mean": [0.1], "std": [3]}"#
        let transform = try #require(try checkpoint(configuration).transform)
        #expect(transform.mean == [0.1, 0.1])
        #expect(transform.standardDeviation == [3, 3])
    }

    @Test func aFileOfTheFolderWillDo() throws {
        try folder.write("model/config.json", #"{"architecture": "a"}"#)
        let path = try folder.write("model/other.safetensors", Self.weights)
        let checkpoint = try Checkpoint(path: path)
        #expect(checkpoint.name == "model")
        #expect(checkpoint.weights.names == ["classifier.bias"])
    }

    @Test(arguments: ["model/", "model//", "model/.", "model/../model/"])
    func theNameIsTheFolders(suffix: String) throws {
        try folder.write("model/config.json", #"{"architecture": "a"}"#)
        #expect(try Checkpoint(path: "\(folder.path)/\(suffix)").name == "model")
    }

    // Labels

    @Test(arguments: ["x y\n\u{e9}\nz", "\u{feff}x y\r\n\u{e9}\r\nz\r\n\r\n", "x y\n\u{e9}\nz\n \n"])
    func labelsComeFromTheFile(text: String) throws {
        let configuration = #"{"architecture": "a", "num_classes": 3, "label_names": ["p", "q", "r"]}"#
        #expect(try checkpoint(configuration, labels: text).labels == ["x y", "\u{e9}", "z"])
    }

    @Test(arguments: [
        #""label_names": ["p", "q", "r"]"#,
        #""label_names": {"2": "r", "0": "p", "1": "q"}"#,
        #""labels": ["p", "q", "r"]"#,
        #""pretrained_cfg": {"label_names": ["p", "q", "r"]}"#,
        #""label_names": ["n1", "q", "n3"], "label_descriptions": {"n1": "p", "n3": "r"}"#,
    ])
    func labelsComeFromTheConfiguration(member: String) throws {
        #expect(try checkpoint(#"{"architecture": "a", "num_classes": 3, \#(member)}"#).labels == ["p", "q", "r"])
    }

    @Test func labelsMustFitTheClasses() throws {
        let error = try error(#"{"architecture": "a", "num_classes": 3}"#, labels: "p\nq\n")
        #expect(error.kind == .inconsistent)
        #expect(error.path.hasSuffix("labels.txt"))
        #expect(error.problem == "there are 2 class names, but num_classes in config.json is 3")
    }

    @Test func identifiersComeFromTheFileOrTheDescribedNames() throws {
        let described =
            #"{"architecture": "a", "label_names": ["n1", "n2"], "label_descriptions": {"n1": "p", "n2": "q"}}"#
        #expect(try checkpoint(described).classIdentifiers == ["n1", "n2"])
        #expect(try checkpoint(#"{"architecture": "a", "label_names": ["p", "q"]}"#).classIdentifiers == nil)
        try folder.write("model/synsets.txt", "n8\nn9\n")
        #expect(try checkpoint(described).classIdentifiers == ["n8", "n9"])
        let error = try error(#"{"architecture": "a", "num_classes": 3}"#)
        #expect(error.kind == .inconsistent && error.path.hasSuffix("synsets.txt"))
    }

    @Test func noLabelIsBlank() throws {
        let error = try error(#"{"architecture": "a", "num_classes": 3}"#, labels: "p\n\nr\n")
        #expect(error.problem == "the name of class 1 is blank")
    }

    @Test func labelsMustBeUTF8() throws {
        try folder.write("model/labels.txt", [0xff, 0xfe, 0x0a])
        #expect(try error(#"{"architecture": "a"}"#).problem == "the text is not UTF-8")
    }

    // What is wrong is named

    @Test(arguments: [
        (#""input_size": [224, 224]"#, "input_size is not [channels, height, width]"),
        (#""input_size": [3, 2.5, 224, 224]"#, "input_size is not"),
        (#""input_size": [3, 0, 224]"#, "input_size is not"),
        (#""input_size": [3, 224, 100000]"#, "input_size is not"),
        (#""input_size": [5, 224, 224]"#, "input_size is not of 1 to 4 channels"),
        (#""input_size": [3, 2.5, 224]"#, "input_size is not [channels, height, width]"),
        (#""mean": [0.5, 1e400, 0.5]"#, "does not fit"),
        (#""mean": [0.5, 1e300, 0.5]"#, "mean is not a number"),
        (#""input_size": "224""#, "input_size has the wrong type"),
        (#""mean": [0.5, 0.5]"#, "mean is not a number for each of the 3 channels"),
        (#""std": [0.5, 0.5, 0]"#, "std is not a positive number"),
        (#""std": [0.5, 0.5, 1e-60]"#, "std is not a positive number"),
        (#""crop_pct": 0"#, "crop_pct is not between"),
        (#""crop_pct": 1.5"#, "crop_pct is not between"),
        (#""interpolation": "hamming""#, "the interpolation \"hamming\" is not supported"),
        (#""crop_mode": "border""#, "the crop_mode \"border\" is not supported"),
        (#""num_classes": -1"#, "num_classes is -1"),
        (#""num_classes": 1000001"#, "num_classes is 1000001"),
        (#""num_classes": "many""#, "num_classes has the wrong type"),
        (#""label_names": {"0": "a", "2": "b"}"#, "class 1 of 2 has no name"),
        (#""pretrained_cfg": []"#, "pretrained_cfg has the wrong type"),
    ])
    func refusesWrongMembers(member: String, expected: String) throws {
        let error = try error(#"{"architecture": "a", \#(member)}"#)
        #expect(error.problem.contains(expected), "\(error)")
        #expect(error.path.hasSuffix("model/config.json"))
    }

    @Test(arguments: ["", "{", "[]", "nonsense", "{\"architecture\": 3}", "{\"architecture\": \"\"}", "{}"])
    func refusesConfigurationsThatAreNone(text: String) throws {
        let error = try error(text)
        #expect(error.kind == .malformed)
        #expect(error.path.hasSuffix("config.json"))
    }

    @Test func deepNestingIsRefused() throws {
        let depth = 200_000
        let text = "{\"x\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        #expect(try error(text).kind == .malformed)
    }

    @Test func namesTheMissingFile() throws {
        try folder.write("half/config.json", #"{"architecture": "a"}"#)
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(path: "\(folder.path)/half") }
        #expect(error.kind == .notFound)
        #expect(error.path.hasSuffix("half/model.safetensors"))
        #expect(error.problem.hasSuffix("is missing"))
    }

    @Test func namesAFolderThatIsNotThere() throws {
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(path: "\(folder.path)/none") }
        #expect(error.kind == .notFound)
        #expect(error.description.contains("there is no such model"))
    }

    @Test func aPointerOfGitLFSIsExplained() throws {
        try folder.write("model/config.json", #"{"architecture": "a"}"#)
        try folder.write(
            "model/model.safetensors",
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
        )
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(path: "\(folder.path)/model") }
        #expect(error.kind == .malformed)
        #expect(error.remedy.contains("git lfs pull"))
    }
}
