import Foundation
import Testing

@Suite struct QuantizeTests {
    private let folder = TemporaryFolder()
    private static let photos = CommandProcess.repository.appending(path: "Tests/Fixtures/photos").path()
    private static let weights = CommandProcess.repository
        .appending(path: "Tests/Fixtures/checkpoints/files/training.pth")

    /// Of a network with swish and random weights: by default few layers would multiply integers.
    private static let decibels = ["--min-decibels", "20"]

    private var path: String { folder.url.path() + "/" }

    private func object(_ command: CommandProcess) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    }

    @Test func scalesLieBesideTheModel() throws {
        let model = folder.url.appending(path: "training.pth")
        try FileManager.default.copyItem(at: Self.weights, to: model)
        let arguments = ["--images", Self.photos, "--limit", "5"] + Self.decibels
        let command = try CommandProcess(["quantize", model.path(), "--json"] + arguments)
        #expect(command.code == 0, "\(command.errors)")
        let report = try object(command)
        #expect(report["pictures"] as? Int == 5)
        let layers = try #require(report["layers"] as? [[String: Any]])
        let integers = layers.filter { $0["wide_reason"] is NSNull }
        #expect(!integers.isEmpty && integers.count < layers.count)
        #expect(integers.allSatisfy { ($0["weight_decibels"] as? Double ?? 0) > 30 })
        #expect(report["path"] as? String == path + "quantization.safetensors")
        #expect(report["wide_layers"] as? String == "bf16")
        let described = try object(CommandProcess(["describe", "--model", model.path(), "--json"]))
        #expect(described["int8_layers"] as? Int == integers.count)
        #expect(described["wide_layers"] as? String == "bf16")
        let first = try Data(contentsOf: folder.url.appending(path: "quantization.safetensors"))

        // The same pictures give the same bytes, on any number of threads; what was there is replaced.
        try folder.write("quantization.safetensors", [1, 2, 3])
        let again = try CommandProcess(["quantize", folder.url.path(), "--threads", "1"] + arguments)
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.output.contains("squeeze-and-excitation"))
        #expect(try Data(contentsOf: folder.url.appending(path: "quantization.safetensors")) == first)
        #expect(try CommandProcess(["classify", "\(Self.photos)/cat.png", "--model", path]).code == 0)
    }

    @Test func aFolderOfIntegersIsAModel() throws {
        let output = path + "int8"
        let arguments = ["quantize", Self.weights.path(), "--images", Self.photos, "--limit", "8", "--output", output]
        let command = try CommandProcess(arguments + Self.decibels)
        #expect(command.code == 0, "\(command.errors)")
        func probabilities(_ model: String, precision: String = "fp32") throws -> [Double] {
            let classified = try CommandProcess([
                "classify", "\(Self.photos)/macaw.jpg", "--model", model, "--json", "--top-k", "7", "--precision",
                precision,
            ])
            #expect(classified.code == 0, "\(classified.errors)")
            let predictions = try #require(try object(classified)["predictions"] as? [[String: Any]])
            return try predictions.sorted { "\($0["class_id"] ?? 0)" < "\($1["class_id"] ?? 0)" }
                .map { try #require($0["score"] as? Double) }
        }
        let (floats, integers) = (try probabilities(Self.weights.path()), try probabilities(output))
        #expect(zip(floats, integers).allSatisfy { abs($0 - $1) < 0.03 }, "\(floats) and \(integers)")
        #expect(floats != integers)

        // What has no other weights needs no record, where the CPU multiplies integers.
        let bench = ["bench", "--model", output, "--json", "--threads", "1", "--precision"]
        let chosen = try object(CommandProcess(bench + ["auto"]))
        let multipliesIntegers = ["avx512bf16", "amx"].contains(chosen["isa"] as? String)
        #expect(chosen["precision"] as? String == (multipliesIntegers ? "int8" : "fp32"))
        #expect(try object(CommandProcess(bench + ["auto", "--isa", "baseline"]))["precision"] as? String == "fp32")

        // Beside the weights or in them, the integers are the same, and so are the answers.
        let model = folder.url.appending(path: "training.pth")
        try FileManager.default.copyItem(at: Self.weights, to: model)
        let beside = try CommandProcess(
            ["quantize", model.path(), "--images", Self.photos, "--limit", "8", "--json"] + Self.decibels
        )
        #expect(beside.code == 0, "\(beside.errors)")
        #expect((try object(beside)["agreed"] as? Int ?? 0) >= 7)
        #expect(try probabilities(model.path(), precision: "int8") == probabilities(output, precision: "int8"))
        #expect(folder.text("precision.json").contains("\"pictures\" : 8"))

        // Who made the weights is named in the folder of integers too.
        let notice = Data("Made by somebody.\n".utf8)
        try notice.write(to: folder.url.appending(path: "NOTICE"))
        let other = try CommandProcess(
            ["quantize", model.path(), "--images", Self.photos, "--limit", "8", "--output", output + "-2"]
                + Self.decibels
        )
        #expect(other.code == 0, "\(other.errors)")
        #expect(try Data(contentsOf: URL(filePath: "\(output)-2/NOTICE")) == notice)
        #expect(!FileManager.default.fileExists(atPath: "\(output)-2/LICENSE"))

        let again = try CommandProcess(["quantize", output, "--images", Self.photos])
        #expect(again.code == 65)
        #expect(again.errors.contains("8-bit integers already"))
    }

    @Test func anOutputThatCannotBeMadeCostsNothing() throws {
        let output = path + "missing/int8"
        let command = try CommandProcess(["quantize", Self.weights.path(), "--images", Self.photos, "--output", output])
        #expect(command.code == 73 && command.errors.contains(output), "\(command.errors)")
        #expect(!command.output.contains("layer"))
    }

    @Test func whereIntegersLeaveTooLittleAllIsExact() throws {
        let arguments = [
            "quantize", Self.weights.path(), "--images", Self.photos, "--limit", "4", "--output", path + "x",
        ]
        let command = try CommandProcess(arguments + ["--min-decibels", "100"])
        #expect(command.code == 0, "\(command.errors)")
        #expect(command.output.contains(": 0 of "))
        #expect(command.output.contains("the others compute in fp32"))
        #expect(command.output.contains("no layer can multiply integers and leave 100 dB: int8 is fp32 here"))
        #expect(command.output.contains("int8 agrees with fp32 on 4 of 4 pictures"))
    }

    @Test func brokenPicturesArePassedBy() throws {
        let pictures = folder.url.appending(path: "pictures")
        try FileManager.default.createDirectory(at: pictures, withIntermediateDirectories: true)
        try folder.write("pictures/a.png", SamplePicture.png)
        try folder.write("pictures/b.jpg", Array("no picture".utf8))
        let arguments = ["quantize", Self.weights.path(), "--output", path + "out", "--images"]
        let command = try CommandProcess(arguments + [path + "pictures"])
        #expect(command.code == 0, "\(command.errors)")
        #expect(command.errors.contains("b.jpg"))
        #expect(command.output.contains("by 1 pictures"))
        try FileManager.default.removeItem(at: folder.url.appending(path: "pictures/a.png"))
        let none = try CommandProcess(arguments + [path + "pictures"])
        #expect(none.code == 65)
        #expect(none.errors.contains("none of the 1 pictures can be shown"))
    }

    @Test func whatIsMissingIsSaid() throws {
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "empty"),
            withIntermediateDirectories: true
        )
        let noPictures = try CommandProcess(["quantize", Self.weights.path(), "--images", path + "empty"])
        #expect(noPictures.code == 66)
        #expect(noPictures.errors.contains("give --images a folder of pictures"))
        #expect(try CommandProcess(["quantize", path + "no-model", "--images", Self.photos]).code == 66)
        #expect(try CommandProcess(["quantize", Self.weights.path()]).code == 64)
        #expect(try CommandProcess(["quantize", "x", "--images", "y", "--limit", "0"]).code == 64)
        let unwritable = [
            "quantize", Self.weights.path(), "--images", Self.photos, "--limit", "1", "--output", "/proc/x",
        ]
        #expect(try CommandProcess(unwritable).code == 73)
    }
}
