import Checkpoints
import ModelGraph
import TestSupport
import Testing

/// What a file is, and what its tensors are called, whatever it is named and whatever is around them.
@Suite struct WeightsFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A safetensors file whose header has this length.
    private static func safetensors(headerLength: Int) throws -> [UInt8] {
        let bytes = SafetensorsWriter.bytes(SeededValues.weights([("a", [2])]))
        let length = try Int(#require(bytes.first)) + 256 * Int(bytes[1])
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: headerLength - length)
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: headerLength >> (8 * $0)) }
        return prefix + bytes[8..<8 + length] + padding + bytes[(8 + length)...]
    }

    /// These lengths begin as pickles, zip archives and pages do.
    @Test(arguments: [0x0280, 0x0380, 0x0480, 0x4B50, 0x033C]) func lengthsAreNoPickles(length: Int) throws {
        let path = try folder.write("model.safetensors", Self.safetensors(headerLength: length))
        #expect(try Checkpoint(path: path).weights.names == ["a"])
    }

    @Test(arguments: [
        "module.", "_orig_mod.", "model.", "module._orig_mod.", "timm_model.", "backbone.encoder.", "",
    ])
    func wrappersAreTakenOff(prefix: String) throws {
        let shapes = ["conv_stem.weight", "bn1.weight", "bn1.bias"].map { (name: prefix + $0, shape: [1]) }
        let bytes = SafetensorsWriter.bytes(SeededValues.weights(shapes))
        let path = try folder.write("model.safetensors", bytes)
        #expect(try Checkpoint(path: path).weights.names == ["bn1.bias", "bn1.weight", "conv_stem.weight"])
    }

    @Test(arguments: [["features.0.0.weight", "features.0.1.bias"], ["a.b", "c.d"], ["a.", "a.b"], ["a", "a.b"]])
    func namesOfTheirOwnStay(names: [String]) throws {
        let weights = SeededValues.weights(names.map { (name: $0, shape: [1]) })
        let path = try folder.write("model.safetensors", SafetensorsWriter.bytes(weights))
        #expect(try Checkpoint(path: path).weights.names == names)
    }

    @Test func shardsMayBePyTorchFiles() throws {
        let fixture = try LibraryFixture("timm-weights-b0").write(in: folder)
        let weights = try Checkpoint(path: fixture).weights
        let map = weights.names.map { "\"\($0)\": \"model.pth\"" }.joined(separator: ", ")
        try folder.write("timm-weights-b0/pytorch_model.bin.index.json", #"{"weight_map": {\#(map)}}"#)
        #expect(try Checkpoint(path: "\(folder.path)/timm-weights-b0").weights.names == weights.names)
    }

    /// As Transformers saves a model of timm that it trained.
    @Test func wrappedModelsOfTimmAreTimms() throws {
        try folder.write(
            "model/config.json",
            #"{"model_type": "timm_wrapper", "architecture": "resnet18", "num_classes": 2, "label_names": ["p", "q"],"#
                + #""pretrained_cfg": {"input_size": [3, 96, 96], "crop_pct": 0.9}}"#
        )
        let bytes = SafetensorsWriter.bytes(
            SeededValues.weights([("timm_model.fc.bias", [2]), ("timm_model.conv1.weight", [1])])
        )
        try folder.write("model/model.safetensors", bytes)
        let checkpoint = try Checkpoint(path: "\(folder.path)/model")
        #expect(checkpoint.architecture == "resnet18")
        #expect(checkpoint.transform?.width == 96)
        #expect(checkpoint.labels == ["p", "q"])
        #expect(checkpoint.weights["fc.bias"] != nil)
    }

    @Test func elementTypesThatAreNotReadAreNamed() throws {
        let header = #"{"conv1.weight": {"dtype": "F8_E4M3", "shape": [64, 3, 7, 7], "data_offsets": [0, 9408]}}"#
        let start: [UInt8] = [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0]
        let path = try folder.write("model.safetensors", start + header.utf8 + [UInt8](repeating: 0, count: 9408))
        let error = try #require(throws: (any Error).self) {
            try Checkpoint(path: path, architecture: "resnet18").network()
        }
        #expect("\(error)".contains("conv1.weight holds F8_E4M3 numbers"), "\(error)")
    }
}
