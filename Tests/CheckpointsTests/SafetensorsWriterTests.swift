import Checkpoints
import ModelGraph
import TestSupport
import Testing

@Suite struct SafetensorsWriterTests {
    private static func tensor(_ type: ElementType, _ bytes: [UInt8], shape: [Int]) -> Tensor {
        Tensor(
            elementType: type,
            shape: shape,
            storage: MemoryStorage.holding(bytes),
            byteRange: 0..<bytes.count
        )
    }

    private static let weights = Weights([
        "b": tensor(.float16, [1, 2, 3, 4], shape: [2]),
        "a\"\\\n\u{1}é": tensor(.int8, [5, 6, 7], shape: [3]),
        "z": tensor(.float32, [8, 9, 10, 11], shape: []),
        "empty": tensor(.int64, [], shape: [0, 4]),
    ])

    @Test func whatIsWrittenReadsBack() throws {
        let bytes = SafetensorsWriter.bytes(Self.weights, metadata: ["format": "pt", "k\t": "v"])
        let file = try SafetensorsFile(storage: MemoryStorage.holding(bytes), path: "written")
        #expect(file.metadata == ["format": "pt", "k\t": "v"])
        #expect(file.weights.names == Self.weights.names)
        for name in Self.weights.names {
            let (read, written) = try (#require(file.weights[name]), #require(Self.weights[name]))
            #expect(read.elementType == written.elementType)
            #expect(read.shape == written.shape)
            #expect(read.withUnsafeBytes { Array($0) } == written.withUnsafeBytes { Array($0) })
        }
    }

    @Test func theBytesAreFixed() {
        let weights = Weights([
            "y": Self.tensor(.uint8, [1], shape: [1]),
            "x": Self.tensor(.uint8, [2], shape: [1]),
            "z": Self.tensor(.bfloat16, [3, 4], shape: [1]),
        ])
        let header =
            #"{"z":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]},"#
            + #""x":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"y":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}"#
        let padded = Array(header.utf8) + Array(repeating: UInt8(ascii: " "), count: -header.utf8.count & 7)
        let length: [UInt8] = [UInt8(padded.count), 0, 0, 0, 0, 0, 0, 0]
        #expect(SafetensorsWriter.bytes(weights) == length + padded + [3, 4, 2, 1])
    }

    @Test func writesFilesThatReplaceOldOnes() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("out.safetensors", "old")
        try SafetensorsWriter.write(Self.weights, to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.weights.names == Self.weights.names)
        #expect(file.weights["z"]?.withUnsafeBytes { Array($0) } == [8, 9, 10, 11])
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: CheckpointError.self) {
            try SafetensorsWriter.write(Self.weights, to: "\(folder.path)/none/out.safetensors")
        }
        #expect(error.kind == .inaccessible)
        #expect(error.description.contains("No such file or directory"))
    }
}
