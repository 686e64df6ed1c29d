import Foundation
import Testing

/// Many files at once: `classify --recursive --output`.
@Suite struct BatchTests {
    private let folder = TemporaryFolder()

    private var path: String { folder.url.path() + "/" }

    /// Pictures in folders, one of them broken, and what is no picture.
    private func fill() throws {
        for name in ["b", "b/deeper", ".hidden"] {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: name),
                withIntermediateDirectories: true
            )
        }
        for name in ["z.png", "b/one, \"two\".PNG", "b/deeper/x.jpeg", ".hidden/y.png", "b/.y.png"] {
            try folder.write(name, SamplePicture.png)
        }
        try folder.write("b/broken.jpg", Array("no picture".utf8))
        try folder.write("b/notes.txt", Array("no picture".utf8))
        try FileManager.default.createSymbolicLink(
            atPath: folder.url.appending(path: "again").path(),
            withDestinationPath: "b"
        )
    }

    private static let found = ["b/broken.jpg", "b/deeper/x.jpeg", "b/one, \"two\".PNG", "z.png"]

    @Test func foldersAreSearched() throws {
        try fill()
        let output = folder.url.appending(path: "results.jsonl").path()
        let command = try CommandProcess(["classify", path, "--recursive", "--output", output, "--top-k", "2"])
        #expect(command.code == 1)
        #expect(command.output == "")
        #expect(command.errors.contains("1 of 4 files could not be classified"))
        #expect(command.errors.contains("broken.jpg"))
        #expect(command.errors.contains("4 files in 0 s, "))
        let objects = try folder.text("results.jsonl").split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(objects.map { $0["file"] as? String } == Self.found.map { path + $0 })
        #expect(objects.map { ($0["predictions"] as? [Any])?.count } == [nil, 2, 2, 2])
        #expect(objects[0]["error"] != nil)
    }

    @Test func tablesHaveALineAFile() throws {
        try fill()
        let output = folder.url.appending(path: "results.csv").path()
        let command = try CommandProcess(["classify", path, "--recursive", "--output", output, "--top-k", "1"])
        #expect(command.code == 1)
        let lines = folder.text("results.csv").split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[0] == "file,width,height,error,class_id_1,label_1,score_1")
        #expect(lines[1].hasPrefix("\(path)b/broken.jpg,,,"))
        #expect(lines[1].hasSuffix(",,,"))
        #expect(lines[3].hasPrefix(#""\#(path)b/one, ""two"".PNG",6,4,,"#))
        #expect(lines[4].wholeMatch(of: /.*z\.png,6,4,,\d+,.+,0\.\d+(e-\d+)?/) != nil, "\(lines[4])")
    }

    @Test func anOutputThatCannotBeWrittenIsNamed() throws {
        try fill()
        let command = try CommandProcess(["classify", path, "--recursive", "--output", "/nonexistent/a.csv"])
        #expect(command.code == 73)
        #expect(command.errors.contains("/nonexistent/a.csv: No such file"))
    }

    @Test func nothingToClassifyIsSaid() throws {
        try folder.write("notes.txt", [1])
        let command = try CommandProcess(["classify", path, "--recursive"])
        #expect(command.code == 66)
        #expect(command.errors.contains("there is no .jpg"))
    }
}
