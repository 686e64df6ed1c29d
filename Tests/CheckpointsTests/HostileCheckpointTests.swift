import Checkpoints
import FoundationEssentials
import ModelGraph
import TestSupport
import Testing

/// Broken and hostile files end in an error, soon and without much memory.
@Suite struct HostileCheckpointTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func error(_ name: String, _ bytes: [UInt8]) throws -> CheckpointError {
        let path = try folder.write(name, bytes)
        return try #require(throws: CheckpointError.self) {
            _ = try Checkpoint(path: path, architecture: "efficientnet_w0.1_d0.5_r64").network()
        }
    }

    private static func fixture(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: Fixtures.path("checkpoints/files/\(name)"))))
    }

    // Pickles

    /// The magic number, protocol and machine of torch.save's older form.
    private static let legacyStart: [UInt8] =
        [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
        + [0x80, 2, 0x4d, 0xe9, 0x03, 0x2e] + [0x80, 2, 0x7d, 0x2e]

    @Test(arguments: [
        ("cposix\nsystem\n(S'true'\ntR.", "posix.system"),
        ("cbuiltins\neval\n.", "builtins.eval"),
        ("cos\nsystem\nq\u{0}.", "os.system"),
        ("ctimm.models.efficientnet\nEfficientNet\n)\u{1}.", "timm.models.efficientnet.EfficientNet"),
        ("ctorch\nFloatStorage\n)R.", "torch.FloatStorage is called"),
        ("(i__main__\nX\n.", "opcode 0x69 \"i\""),
    ])
    func callsAreRefusedByName(program: String, named: String) throws {
        let bytes = Self.legacyStart + [0x80, 2] + Array(program.utf8)
        let error = try error("model.pth", bytes)
        #expect(error.kind == .unsupported)
        #expect(error.problem.contains(named), "\(error)")
    }

    @Test(
        arguments: [
            [0x58, 0xff, 0xff, 0xff, 0x7f],  // a text of 2 GB
            [0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],  // one of 2^64
            [0x8a, 0xff, 1],  // a cut-off number
            [0x68, 7, 0x2e],  // a memo that was never set
            [0x75, 0x2e],  // items without a mark
            [0x52, 0x2e],  // a call of nothing
            [0x28, 0x28, 0x30, 0x2e],  // a pop through a mark
            [0x2e],  // nothing at all
            [],
        ] as [[UInt8]]
    )
    func brokenPicklesAreRefused(program: [UInt8]) throws {
        _ = try error("model.pth", Self.legacyStart + [0x80, 2] + program)
    }

    @Test func deepNestingIsHarmless() throws {
        let nest = [UInt8](repeating: 0x85, count: 1_000_000)
        _ = try error("model.pth", Self.legacyStart + [0x80, 2, 0x4e] + nest + [0x2e])
    }

    @Test(arguments: ["timm.pth", "legacy.pth", "training.pth"]) func cutsAreRefused(name: String) throws {
        let whole = try Self.fixture(name)
        for length in [0, 1, 2, 3, 16, 64, 1000, whole.count / 2, whole.count - 23, whole.count - 1] {
            _ = try error("model.pth", Array(whole[..<length]))
        }
    }

    /// Bytes that decide lengths and places are changed; whatever comes, nothing crashes.
    @Test(arguments: ["timm.pth", "legacy.pth", "half.pth", "timm-script.onnx", "tensorflow-script.onnx"])
    func mutationsDoNotCrash(name: String) throws {
        let whole = try Self.fixture(name)
        let places = SeededValues.units("mutations.\(name)", count: 300)
        let suffix = name.hasSuffix(".onnx") ? "onnx" : "pth"
        // The structure of zip archives is at both ends, that of ONNX everywhere.
        for (index, unit) in places.enumerated() {
            var bytes = whole
            let share = Double(unit) * 0.5 + 0.5
            let reach = min(whole.count, index.isMultiple(of: 3) ? whole.count : 12_000)
            let offset = min(reach - 1, Int(share * Double(reach)))
            let place = index.isMultiple(of: 2) ? offset : whole.count - 1 - offset
            bytes[place] = [0x00, 0xff, 0x7f, 0x80, bytes[place] ^ 1][index % 5]
            let path = try folder.write("mutated.\(suffix)", bytes)
            _ = try? Checkpoint(path: path, architecture: "efficientnet_w0.1_d0.5_r64").network()
        }
    }

    /// A pickle of a dictionary with many tensors, each of which has to be copied into order, of one storage.
    @Test func overlapsAreRefusedBeforeTheyAreCopied() throws {
        func number(_ value: Int) -> [UInt8] { [0x4a] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        func text(_ value: String) -> [UInt8] { [0x8c, UInt8(value.utf8.count)] + value.utf8 }
        let side = 1000
        let id = text("storage") + Array("ctorch\nFloatStorage\n".utf8) + text("0") + text("cpu") + number(side * side)
        let storage = [0x28] + id + [0x74, 0x51]
        let size = [0x28] + number(side) + number(side) + [0x74]
        let strides = [0x28] + number(1) + number(side) + [0x74]
        let tensor =
            Array("ctorch._utils\n_rebuild_tensor_v2\n(".utf8) + storage + number(0) + size + strides
            + [0x89, 0x7d, 0x74, 0x52]
        let items = (0..<1000).flatMap { text("t\($0)") + tensor }
        let keys = [0x80, 2, 0x5d] + text("0") + [0x61, 0x2e]
        let data = number(side * side).dropFirst() + [0, 0, 0, 0] + [UInt8](repeating: 0, count: side * side * 4)
        let pickle = [0x80, 2, 0x7d, 0x28] + items + [0x75, 0x2e]
        let error = try error("model.pth", Self.legacyStart + pickle + keys + data)
        #expect(error.problem.contains("its tensors overlap too often"), "\(error)")
    }

    /// A dictionary whose items lie on the stack together takes time in proportion to their number.
    @Test(.timeLimit(.minutes(1))) func longDictionariesTakeNoLonger() throws {
        let item = [0x8c, 1, 0x61] + Array("ccollections\nOrderedDict\n)R".utf8)
        let items = (0..<200_000).flatMap { _ in item }
        let error = try error("model.pth", Self.legacyStart + [0x80, 2, 0x7d, 0x28] + items + [0x75, 0x2e])
        #expect(error.kind == .malformed)
    }

    // Other files

    @Test(
        arguments: [
            ("model.h5", [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "HDF5"),
            ("model.tflite", [0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33], "TensorFlow Lite"),
            ("model.pth", Array("<!DOCTYPE html>".utf8), "HTML"),
            ("model.gguf", Array("GGUF\u{3}\0\0\0".utf8), "GGUF"),
        ] as [(String, [UInt8], String)]
    )
    func otherFormatsAreNamed(name: String, bytes: [UInt8], format: String) throws {
        let error = try error(name, bytes + [UInt8](repeating: 1, count: 100))
        #expect(error.kind == .unsupported)
        #expect(error.problem.contains(format), "\(error)")
    }

    @Test(arguments: ["/dev/zero", "/dev/tty", "/nonexistent"]) func linksToOtherThanFilesAreRefused(to: String) throws
    {
        let path = "\(folder.path)/model.safetensors"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: to)
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(path: path) }
        #expect(error.kind == .inaccessible || error.kind == .notFound, "\(error)")
    }

    /// As the Hub's own cache has them.
    @Test func linksToFilesAreFollowed() throws {
        let bytes = SafetensorsWriter.bytes(SeededValues.weights([("a", [1])]))
        let blob = try folder.write("blobs/0", bytes)
        let path = "\(folder.path)/model.safetensors"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: blob)
        #expect(try Checkpoint(path: path).weights.names == ["a"])
    }

    @Test(arguments: [
        "../other.safetensors", "/etc/passwd", "model.safetensors.index.json", "", "missing.safetensors",
    ])
    func indicesStayInTheFolder(name: String) throws {
        try folder.write("model.safetensors.index.json", #"{"weight_map": {"a": "\#(name)"}}"#)
        #expect(throws: CheckpointError.self) { try Checkpoint(path: folder.path) }
    }

    @Test func labelsWithoutEndAreRefused() throws {
        try folder.write("model.safetensors", SafetensorsWriter.bytes(SeededValues.weights([("a", [1])])))
        try folder.write("labels.txt", [UInt8](repeating: UInt8(ascii: "\n"), count: 1_000_002))
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(path: folder.path) }
        #expect(error.kind == .tooLarge)
    }

    // ONNX

    /// Base-128 digits, lowest first.
    private static func digits(_ number: Int) -> [UInt8] {
        var digits: [UInt8] = []
        var rest = number
        repeat {
            digits.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return digits
    }

    private static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        [UInt8(number << 3 | 2)] + digits(content.count) + content
    }

    private static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    /// A picture of 3×8×8, one node over it and an output.
    private static func model(_ operation: String, tensors: [[UInt8]] = [], inputs: [String] = ["x"]) -> [UInt8] {
        model([node(operation, inputs, "y", name: "the node")], tensors: tensors)
    }

    /// The same with nodes of any kind; the last one makes "y".
    private static func model(_ nodes: [[UInt8]], tensors: [[UInt8]] = []) -> [UInt8] {
        let dimensions: [UInt8] = [1, 3, 8, 8].flatMap { size in field(1, [0x08, size]) }
        let type = field(1, [0x08, 1] + field(2, dimensions))
        let graph =
            nodes.flatMap { field(1, $0) } + tensors.flatMap { field(5, $0) }
            + field(11, field(1, "x") + field(2, type)) + field(12, field(1, "y"))
        return field(7, graph)
    }

    private static func node(
        _ operation: String,
        _ inputs: [String],
        _ output: String,
        name: String = "",
        _ attributes: [UInt8]...
    ) -> [UInt8] {
        inputs.flatMap { field(1, $0) } + field(2, output) + field(3, name) + field(4, operation)
            + attributes.flatMap { field(5, $0) }
    }

    private static func integers(_ name: String, _ values: [Int]) -> [UInt8] {
        field(1, name) + values.flatMap { [0x40] + digits($0) }
    }

    /// Small files that would grow into features or numbers without end.
    @Test(arguments: ["features", "nested", "numbers", "borders", "tensors"]) func bombsAreRefused(name: String) throws
    {
        let axis = Self.field(1, "axis") + [0x18, 1]
        let pool = Self.node("GlobalAveragePool", ["c79"], "y")
        let bomb: [UInt8]
        switch name {
        case "features":
            bomb = Self.model([Self.node("Concat", [String](repeating: "x", count: 100_000), "y", axis)])
        case "nested":
            // Each is twice as long as the one before.
            let nodes = (0..<80).map { index in
                Self.node(
                    "Concat",
                    [String](repeating: index == 0 ? "x" : "c\(index - 1)", count: 2),
                    "c\(index)",
                    axis
                )
            }
            bomb = Self.model(nodes + [pool])
        case "numbers":
            let size: [UInt8] = [0x08, 1, 0x10, 7] + Self.field(8, "n") + Self.field(9, [0, 0x10, 0, 0, 0, 0, 0, 0])
            let nodes = [
                Self.node("ConstantOfShape", ["n"], "z"),
                Self.node("Concat", [String](repeating: "z", count: 100_000), "q"),
            ]
            bomb = Self.model(nodes, tensors: [size])
        case "borders":
            let attributes = [Self.integers("kernel_shape", [1, 1]), Self.integers("pads", [1024, 1024, 1024, 1024])]
            let nodes = (0..<80).map { index in
                Self.node("MaxPool", [index == 0 ? "x" : "c\(index - 1)"], "c\(index)", attributes[0], attributes[1])
            }
            bomb = Self.model(nodes + [pool])
        default:
            let tensors = (0..<70_000).map { [0x08, 0, 0x10, 1] + Self.field(8, "w\($0)") + Self.field(9, []) }
            bomb = Self.model([Self.node("GlobalAveragePool", ["x"], "y")], tensors: tensors)
        }
        _ = try error("model.onnx", bomb)
    }

    @Test(arguments: ["HardSwish", "LSTM", "Resize", "If"]) func otherOperatorsAreRefusedByName(name: String) throws {
        let error = try error("model.onnx", Self.model(name))
        #expect(error.kind == .unsupported)
        #expect(error.problem.contains("operator \(name) (node \"the node\")"), "\(error)")
    }

    @Test(arguments: ["../secret", "/etc/passwd", "a/b", "..", "", "a\0b"])
    func externalDataStaysInTheFolder(location: String) throws {
        let entry = Self.field(1, "location") + Self.field(2, location)
        let tensor: [UInt8] = [0x08, 4, 0x10, 1] + Self.field(8, "w") + Self.field(13, entry) + [0x70, 1]
        let error = try error("model.onnx", Self.model("Conv", tensors: [tensor], inputs: ["x", "w"]))
        #expect(error.problem.contains("not the name of a file beside this one"), "\(error)")
    }

    @Test(
        arguments: [
            [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x10, 1],  // 2^63 − 1 elements
            [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x10, 1],  // −1 element
            [0x08, 4, 0x10, 1],  // no elements
            [0x08, 4, 0x10, 1, 0x4a, 3, 0, 0, 0],  // three bytes
            [0x08, 4, 0x10, 99, 0x4a, 1, 0],  // an unknown type
        ] as [[UInt8]]
    )
    func lyingTensorsAreRefused(tensor: [UInt8]) throws {
        _ = try error("model.onnx", Self.model("Relu", tensors: [tensor + Self.field(8, "w")]))
    }

    @Test(
        arguments: [
            [0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f],  // a graph of 4 GB
            [0x3a, 0x80],  // a length without an end
            [0x3b], [0x00], [0x3a, 0],
            [UInt8](repeating: 0xff, count: 100),
        ] as [[UInt8]]
    )
    func brokenMessagesAreRefused(bytes: [UInt8]) throws {
        #expect(try error("model.onnx", bytes).kind == .malformed)
    }
}
