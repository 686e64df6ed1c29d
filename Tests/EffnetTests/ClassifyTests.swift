import Foundation
import Testing

@Suite struct ClassifyTests {
    private let folder = TemporaryFolder()

    private func sample(_ name: String = "sample.png") throws -> String {
        try folder.write(name, SamplePicture.png).path()
    }

    private func objects(_ command: CommandProcess) throws -> [[String: Any]] {
        try command.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    @Test func aTableShowsTheLikeliestClasses() throws {
        let command = try CommandProcess(["classify", "--top-k", "3", try sample()])
        #expect(command.code == 0)
        let lines = command.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasSuffix("sample.png  (6×4 png)"))
        for line in lines.dropFirst() {
            #expect(line.wholeMatch(of: /\ +\d+\.\d %  \S.*  \[\d+\]/) != nil, "\(line)")
        }
    }

    @Test func photosAreRecognised() throws {
        let photos = [("panda.jpg", "giant panda"), ("baseball.jpg", "baseball"), ("cameraman.png", "tripod")]
        let files = photos.map { "Tests/Fixtures/photos/\($0.0)" }
        let command = try CommandProcess(["classify", "--top-k", "1"] + files)
        #expect(command.code == 0)
        let lines = command.output.split(separator: "\n")
        #expect(lines.count == 6)
        for (index, photo) in photos.enumerated() {
            #expect(lines[2 * index].contains(photo.0))
            #expect(lines[2 * index + 1].contains(" \(photo.1) "))
        }
    }

    @Test func jsonLinesComeInTheOrderOfTheFilesErrorsIncluded() throws {
        let good = try sample()
        let broken = try folder.write("broken.png", Array(SamplePicture.png.prefix(60))).path()
        let text = try folder.write("text.jpg", Array("no picture".utf8)).path()
        let files = [good, broken, "/nonexistent.png", text] + Array(repeating: good, count: 40)
        let command = try CommandProcess(["classify", "--json"] + files)
        #expect(command.code == 1)
        #expect(command.errors.contains("3 of 44 files"))
        let objects = try objects(command)
        #expect(objects.map { $0["file"] as? String } == files)
        #expect(objects.map { $0["error"] != nil } == files.map { $0 != good })
        #expect(objects[2]["error"] as? String == "No such file or directory")
        let predictions = try objects.filter { $0["error"] == nil }.map { object in
            try #require(object["predictions"] as? [[String: Any]]).map { $0["score"] as? Double }
        }
        #expect(predictions[0].count == 5)
        // The same bits whatever the batch.
        #expect(predictions.allSatisfy { $0 == predictions[0] })
    }

    @Test func logitsAreAdded() throws {
        let command = try CommandProcess(["classify", "--json", "--logits", try sample()])
        let object = try #require(try objects(command).first)
        #expect((object["logits"] as? [Double])?.count == 1000)
    }

    @Test func aFolderIsNoFile() throws {
        let command = try CommandProcess(["classify", folder.url.path()])
        #expect(command.code == 1)
        #expect(command.errors.contains("is a folder"))
        #expect(command.errors.contains("give --recursive"))
    }

    @Test func anUnreadableFileIsNamed() throws {
        let file = try sample("secret.png")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: file)
        let command = try CommandProcess(["classify", file])
        // Root may read it all the same.
        if getuid() != 0 {
            #expect(command.code == 1)
            #expect(command.errors.contains("secret.png: Permission denied"))
        }
    }

    @Test func aModelThatIsNotThereIsNamed() throws {
        let command = try CommandProcess(["classify", "--model", "/nonexistent", try sample()])
        #expect(command.code == 66)
        #expect(command.errors.contains("/nonexistent"))
        let none = try CommandProcess(["classify", try sample()], folder: folder.url)
        #expect(none.code == 66)
        #expect(none.errors.contains("--model"))
    }

    /// An ONNX file whose output is an embedding.
    @Test func modelsWithoutClassifierAreExplained() throws {
        let model = "Tests/Fixtures/checkpoints/operators/headless-script.onnx"
        let command = try CommandProcess(["classify", "--model", model, try sample()])
        #expect(command.code == 65)
        #expect(command.errors.contains("has no classifier") && command.errors.contains("/v1/embed"))
    }

    @Test func aBrokenModelIsNamed() throws {
        try folder.write("config.json", Array("{".utf8))
        let command = try CommandProcess(["classify", "--model", folder.url.path(), try sample()])
        #expect(command.code == 65)
        #expect(command.errors.contains("cannot load the model at \(folder.url.path())"))
    }
}
