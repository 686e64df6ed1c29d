import Checkpoints
import ModelGraph
import TestSupport
import Testing

@Suite struct SafetensorsFileTests {
    /// A file of this header and so many bytes of data: 0, 1, 2, …
    static func file(_ header: String, dataSize: Int = 0, statedLength: UInt64? = nil) -> [UInt8] {
        let length = withUnsafeBytes(of: (statedLength ?? UInt64(header.utf8.count)).littleEndian) { Array($0) }
        return length + header.utf8 + (0..<dataSize).map { UInt8(truncatingIfNeeded: $0) }
    }

    static func read(_ bytes: [UInt8]) throws(CheckpointError) -> SafetensorsFile {
        try SafetensorsFile(storage: MemoryStorage.holding(bytes), path: "a.safetensors")
    }

    static func problem(_ bytes: [UInt8]) -> String? {
        do {
            _ = try read(bytes)
            return nil
        } catch {
            return error.problem
        }
    }

    @Test func readsEveryElementType() throws {
        let header = """
            {"__metadata__":{"format":"pt"},
            "a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
            "b":{"shape":[],"data_offsets":[8,10],"dtype":"F16"},
            "c":{"data_offsets":[10,14],"shape":[2],"dtype":"BF16"},
            "d":{"dtype":"I8","shape":[1],"data_offsets":[14,15]},
            "e":{"dtype":"U8","shape":[3],"data_offsets":[15,18]},
            "f":{"dtype":"I32","shape":[1],"data_offsets":[18,22]},
            "g":{"dtype":"I64","shape":[1],"data_offsets":[22,30]},
            "h":{"dtype":"I64","shape":[0,7],"data_offsets":[30,30]}}
            """
        let file = try Self.read(Self.file(header, dataSize: 30))
        #expect(file.metadata == ["format": "pt"])
        #expect(file.weights.names == ["a", "b", "c", "d", "e", "f", "g", "h"])
        let types = file.weights.names.map { file.weights[$0]?.elementType }
        #expect(types == [.float32, .float16, .bfloat16, .int8, .uint8, .int32, .int64, .int64])
        let c = try #require(file.weights["c"])
        #expect(c.shape == [2])
        #expect(c.withUnsafeBytes { Array($0) } == [10, 11, 12, 13])
        #expect(file.weights["b"]?.count == 1)
        #expect(file.weights["h"]?.count == 0)
    }

    @Test func escapesInNames() throws {
        let header = #"{"a\"\\\/\n\u00e9\ud83d\ude00":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}  "#
        let file = try Self.read(Self.file(header, dataSize: 1))
        #expect(file.weights.names == ["a\"\\/\né😀"])
    }

    @Test func otherElementTypesAreNamedAndLeftOut() throws {
        let header = """
            {"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}
            """
        let file = try Self.read(Self.file(header, dataSize: 9))
        #expect(file.weights.names == ["b"])
        #expect(file.unsupportedTypes == ["a": "F64"])
    }

    @Test(arguments: [
        ([], "cannot hold the header's length"),
        ([1, 2, 3, 4, 5, 6, 7], "cannot hold the header's length"),
        (file("{}", statedLength: 3), "reaches beyond the file's end"),
        (file("{}", statedLength: .max), "reaches beyond the file's end"),
        (file("{}", statedLength: 1 << 63), "reaches beyond the file's end"),
        (file("{}", statedLength: 0), "\"{\" at byte 0"),
        (file("{}", dataSize: 1), "the tensors end at byte 0 of 1"),
        (file("{} x"), "the header's end"),
        (file("[]"), "\"{\" at byte 0"),
        (file(#"{"a"}"#), "\":\" at byte 4"),
        (file(#"{"a":{},}"#), "lacks its dtype"),
        (file(#"{"a"#), "a closing quotation mark"),
        (file(#"{"a\"#), "an escaped character"),
        (file(#"{"a\x":{}}"#), "an escape of JSON"),
        (file(#"{"\ud83d":{}}"#), "surrogate"),
        (file(#"{"\ud83d\u0041":{}}"#), "a surrogate pair"),
        (file(#"{"\u12"#), "four hexadecimal digits"),
        (file("{\"a\u{1}\":{}}"), "control characters"),
        (file(#"{"__metadata__":{"a":1}}"#), "\"\"\" at byte"),
        (file(#"{"__metadata__":{},"__metadata__":{}}"#), "metadata is given twice"),
        (file(#"{"__metadata__":{"a":"","a":""}}"#), "metadata \"a\" is given twice"),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, dataSize: 1), "extra \"x\""),
        (file(#"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, dataSize: 1), "extra \"dtype\""),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#, dataSize: 1), "lacks"),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#, dataSize: 1), "at most 2 numbers"),
        (file(#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, dataSize: 1), "a whole number"),
        (file(#"{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#, dataSize: 1), "a whole number"),
        (file(#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, dataSize: 1), "\"]\" at byte"),
        (file(#"{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}"#, dataSize: 1), "\"]\" at byte"),
        (
            file(#"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}"#, dataSize: 1),
            "a number below 2^63"
        ),
        (
            file(#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,1]}}"#, dataSize: 1),
            "is too large"
        ),
        (
            file(#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#),
            "is too large"
        ),
        (file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, dataSize: 4), "takes 8"),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,9]}}"#, dataSize: 1), "ends at byte 9 of 1"),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, dataSize: 1), "ends before it starts"),
        (
            file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775807,1]}}"#, dataSize: 1),
            "ends before it starts"
        ),
        (file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, dataSize: 2), "the one before it ends at 0"),
        (
            file(
                #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
                dataSize: 6
            ),
            "the one before it ends at 4"
        ),
        (
            file(
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
                dataSize: 4
            ),
            "tensor \"a\" is described twice"
        ),
    ])
    func refusesUnsoundFiles(bytes: [UInt8], expected: String) throws {
        let problem = try #require(Self.problem(bytes))
        #expect(problem.contains(expected), "\(problem)")
    }

    @Test func refusesTextThatIsNotUTF8() throws {
        let header: [UInt8] = Array("{\"".utf8) + [0xC3, 0x28] + Array("\":{}}".utf8)
        let bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
        #expect(try #require(Self.problem(bytes)).contains("text in UTF-8"))
    }

    @Test func refusesTooManyDimensions() throws {
        let shape = Array(repeating: "1", count: 100).joined(separator: ",")
        let header = #"{"a":{"dtype":"U8","shape":[\#(shape)],"data_offsets":[0,1]}}"#
        #expect(try #require(Self.problem(Self.file(header, dataSize: 1))).contains("at most 16 numbers"))
    }

    @Test func refusesTooManyTensors() throws {
        let entries = (0...1 << 16).map { #""\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"# }
        let bytes = Self.file("{\(entries.joined(separator: ","))}")
        #expect(try #require(Self.problem(bytes)).contains("more than 65536 tensors"))
    }

    @Test(arguments: ["[", "{\"a\":"]) func deepNestingEndsAtOnce(piece: String) throws {
        let bytes = Self.file(String(repeating: piece, count: 1_000_000))
        #expect(Self.problem(bytes) != nil)
    }

    @Test func everyTruncationIsRefused() throws {
        let header = #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#
        let whole = Self.file(header, dataSize: 4)
        #expect(Self.problem(whole) == nil)
        for length in 0..<whole.count {
            #expect(Self.problem(Array(whole.prefix(length))) != nil, "of \(length) bytes")
        }
    }

    /// Whatever is changed in a file, it is refused or its tensors lie inside it.
    @Test(arguments: 0..<8 as Range<UInt64>) func survivesMutations(seed: UInt64) throws {
        let weights = SeededValues.weights([("a.weight", [3, 2, 1, 1]), ("a.bias", [3]), ("b.running_var", [5])])
        let original = SafetensorsWriter.bytes(weights, metadata: ["format": "pt"])
        var generator = SplitMix64(state: seed)
        var accepted = 0
        for _ in 0..<4000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: bytes[position] = Array("0123456789{}[],:\"\\ ".utf8).randomElement(using: &generator) ?? 0
                case 2: bytes.remove(at: position)
                case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
                default: bytes.removeLast(Int.random(in: 0...bytes.count / 4, using: &generator))
                }
            }
            do {
                let file = try Self.read(bytes)
                accepted += 1
                for name in file.weights.names {
                    let tensor = try #require(file.weights[name])
                    #expect(tensor.withUnsafeBytes { $0.count } <= bytes.count)
                    #expect(tensor.count == tensor.shape.reduce(1, *))
                    _ = tensor.withUnsafeBytes { $0.reduce(0 as UInt8, ^) }
                }
            } catch let error as CheckpointError {
                #expect(error.kind == .malformed)
            }
        }
        #expect((1..<4000).contains(accepted))
    }
}

/// A generator with a seed, so that a failure can be repeated.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
