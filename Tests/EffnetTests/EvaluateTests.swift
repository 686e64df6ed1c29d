import Foundation
import Testing

@Suite struct EvaluateTests {
    private let folder = TemporaryFolder()
    private static let photos = CommandProcess.repository.appending(path: "Tests/Fixtures/photos")

    /// The bundled model is right about these, and takes a cameraman for a tripod.
    private static let classes = [
        "panda.jpg": "giant panda", "baseball.jpg": "429", "macaw.jpg": "Macaw", "koala.jpg": "n01882714_koala",
        "cameraman.png": "tench",
    ]

    private func copy(_ file: String, into name: String) throws {
        let target = folder.url.appending(path: name)
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: Self.photos.appending(path: file), to: target.appending(path: file))
    }

    private func object(_ command: CommandProcess) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    }

    private func checkResult(_ command: CommandProcess) throws {
        let report = try object(command)
        #expect(report["pictures"] as? Int == 5 && report["classes"] as? Int == 5)
        let result = try #require((report["results"] as? [[String: Any]])?.first)
        #expect(result["precision"] as? String == "fp32")
        let top1 = try #require(result["top_1"] as? [String: Double])
        #expect(top1["share"] == 0.8 && top1["count"] == 4)
        let (lower, upper) = (try #require(top1["lower_95"]), try #require(top1["upper_95"]))
        #expect(abs(lower - 0.3755) < 1e-3 && abs(upper - 0.9638) < 1e-3)
        let mistakes = try #require(result["mistakes"] as? [[String: Any]])
        #expect(mistakes.count == 1)
        #expect((mistakes[0]["file"] as? String)?.hasSuffix("cameraman.png") == true)
        let confusion = try #require((result["confusions"] as? [[String: Any]])?.first)
        #expect((confusion["class"] as? [String: Any])?["label"] as? String == "tench")
        #expect((confusion["taken_for"] as? [String: Any])?["label"] as? String == "tripod")
        #expect(confusion["count"] as? Int == 1 && confusion["of"] as? Int == 1)
    }

    @Test func foldersAreNamedByLabelIdentifierOrIndex() throws {
        for (file, name) in Self.classes { try copy(file, into: name.replacing(" ", with: "_")) }
        let command = try CommandProcess(["evaluate", folder.url.path(), "--json", "--precision", "fp32"])
        #expect(command.code == 0, "\(command.errors)")
        try checkResult(command)
    }

    @Test func aListNamesFilesAndClasses() throws {
        for file in Self.classes.keys { try copy(file, into: "pictures") }
        let lines = Self.classes.map { "pictures/\($0.key),\"\($0.value)\"\r\n" }.sorted()
        let list = try folder.write("list.csv", Array(("file,class\r\n" + lines.joined()).utf8))
        let command = try CommandProcess(["evaluate", list.path(), "--json", "--precision", "fp32"])
        #expect(command.code == 0, "\(command.errors)")
        try checkResult(command)
    }

    @Test func theTableNamesTheMistakes() throws {
        try copy("panda.jpg", into: "giant panda")
        try copy("cameraman.png", into: "tench")
        let command = try CommandProcess(["evaluate", folder.url.path(), "--precision", "fp32"])
        #expect(command.code == 0)
        #expect(command.output.hasPrefix("tf_efficientnet_lite0: 2 pictures of 2 classes\n"))
        #expect(command.output.contains(/fp32 +50\.0 % +9\.5 % and 90\.5 % +/))
        #expect(command.output.contains(/1 of 1 +tench +taken for +tripod/))
        #expect(command.output.contains(/\d+\.\d % +tripod +is +tench +\S*cameraman\.png/))
    }

    @Test func foldersThatAreNoClassesAreNamed() throws {
        try copy("panda.jpg", into: "bigfoot")
        try copy("macaw.jpg", into: "CARDIGAN")
        let command = try CommandProcess(["evaluate", folder.url.path(), "--precision", "fp32"])
        #expect(command.code == 65)
        #expect(command.errors.contains(#""bigfoot""#))
        #expect(command.errors.contains(#""CARDIGAN" (264 or 474)"#))
    }

    @Test func filesThatFailAreLeftOutAndCounted() throws {
        try copy("panda.jpg", into: "388")
        try folder.write("388/broken.png", [1, 2, 3])
        let command = try CommandProcess(["evaluate", folder.url.path(), "--json", "--precision", "fp32"])
        #expect(command.code == 1)
        #expect(command.errors.contains("1 of 2 files"))
        let report = try object(command)
        #expect(report["pictures"] as? Int == 1)
        let failures = try #require(report["failures"] as? [[String: String]])
        #expect(failures.count == 1 && failures[0]["file"]?.hasSuffix("broken.png") == true)
    }

    @Test func nothingToEvaluateIsSaid() throws {
        #expect(try CommandProcess(["evaluate", folder.url.path(), "--precision", "fp32"]).code == 66)
        #expect(try CommandProcess(["evaluate", "/nonexistent.csv"]).code == 66)
        let list = try folder.write("list.csv", Array("only one field\n".utf8))
        #expect(try CommandProcess(["evaluate", list.path()]).code == 65)
    }

    @Test func precisionsAreComparedAndRecorded() throws {
        try copy("panda.jpg", into: "pictures/giant panda")
        try copy("macaw.jpg", into: "pictures/macaw")
        let model = folder.url.appending(path: "model")
        let original = CommandProcess.repository.appending(path: "Models/tf_efficientnet_lite0")
        try FileManager.default.copyItem(at: original, to: model)
        try folder.write("model/precision.json", Array("broken: it is made anew".utf8))
        let pictures = folder.url.appending(path: "pictures").path()
        let command = try CommandProcess(
            ["evaluate", pictures, "--model", model.path(), "--all-precisions", "--record", "--json"]
        )
        #expect(command.code == 0, "\(command.errors)")
        let results = try #require(try object(command)["results"] as? [[String: Any]])
        #expect(results.map { $0["precision"] as? String } == ["fp32", "bf16", "int8"])
        for result in results { #expect((result["agreement"] as? [String: Double])?["share"] == 1) }
        let record = try JSONSerialization.jsonObject(with: Data(folder.text("model/precision.json").utf8))
        let agreement = (record as? [String: [String: [String: Int]]])?["agreement"]?["bf16"]
        #expect(agreement == ["pictures": 2, "agreed": 2])
    }

    @Test func aRecordNeedsAComparison() throws {
        let command = try CommandProcess(["evaluate", folder.url.path(), "--record"])
        #expect(command.code == 64 && command.errors.contains("--all-precisions"))
    }
}
