import Checkpoints
import Compression
import FoundationEssentials
import ModelGraph
import TestSupport
import Testing

/// Files of a network of real size as a library writes them: a case of scripts/make-library-fixtures.py. What its tensors
/// hold is put back where it was cut out.
struct LibraryFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let architecture: String?
    let isArchitectureGiven: Bool
    /// Logits by the picture's size.
    let logits: [(height: Int, width: Int, numbers: Tensor)]
    private let description: Description

    var testDescription: String { name }
    var isHalf: Bool { description.elementType != "float32" }

    private struct Description: Decodable {
        struct File: Decodable {
            var name: String
            var size: Int
            var crc32: UInt32
            var parts: [Part]
        }

        /// Bytes that stay, and the tensor behind them.
        struct Part: Decodable {
            var gap: Int
            var tensor: String

            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                gap = try container.decode(Int.self)
                tensor = try container.decode(String.self)
            }
        }

        var architecture: String?
        var isArchitectureGiven: Bool
        var elementType: String
        var exponents: [String: Int]
        var shapes: [String: [Int]]
        var files: [File]
        var restSize: Int
    }

    init(_ name: String) throws {
        let path = Fixtures.path("checkpoints/libraries/\(name)")
        self.name = name
        description = try JSONDecoder().decode(Description.self, from: Data(contentsOf: URL(filePath: path + ".json")))
        architecture = description.architecture
        isArchitectureGiven = description.isArchitectureGiven
        let tensors = try SafetensorsFile(path: path + ".safetensors").weights
        logits = try tensors.names.map { size in
            let sides = size.split(separator: "x").compactMap { Int($0) }
            try #require(sides.count == 2)
            return (sides[0], sides[1], try #require(tensors[size]))
        }
    }

    /// Writes the files as the library did, to the byte.
    ///
    /// - Returns: what `--model` is given: the only file, or the folder of several.
    func write(in folder: TemporaryFolder) throws -> String {
        let tensors = try Dictionary(
            uniqueKeysWithValues: description.shapes.map { ($0.key, try bytes(of: $0.key, shape: $0.value)) }
        )
        var rest = try rest()[...]
        for file in description.files {
            var content: [UInt8] = []
            content.reserveCapacity(file.size)
            for part in file.parts {
                content += rest.prefix(part.gap)
                rest = rest.dropFirst(part.gap)
                content += try #require(tensors[part.tensor])
            }
            let end = file.size - content.count
            content += rest.prefix(end)
            rest = rest.dropFirst(end)
            try #require(content.withUnsafeBytes { CRC32.checksum(of: $0) } == file.crc32, "\(file.name)")
            try folder.write("\(name)/\(file.name)", content)
        }
        let only = description.files.count == 1 ? "/\(description.files[0].name)" : ""
        return "\(folder.path)/\(name)\(only)"
    }

    private func rest() throws -> [UInt8] {
        let deflated = try Array(Data(contentsOf: URL(filePath: Fixtures.path("checkpoints/libraries/\(name).rest"))))
        var rest = [UInt8](repeating: 0, count: description.restSize)
        var inflater = try Inflater(.zlib)
        let progress = try deflated.withUnsafeBytes { source in
            try rest.withUnsafeMutableBytes { try inflater.inflate(source, into: $0) }
        }
        try #require(progress.produced == rest.count)
        return rest
    }

    private func bytes(of tensor: String, shape: [Int]) throws -> [UInt8] {
        let exponent = description.exponents[tensor] ?? 0
        let scale = Float(sign: .plus, exponent: exponent, significand: 1)
        let floats = SeededValues.weight(tensor, shape: shape, exponents: description.exponents).map { $0 * scale }
        switch description.elementType {
        case "float16": return floats.map(Float16.init).withUnsafeBytes(Array.init)
        case "bfloat16":
            return floats.map { number in
                // To the nearest, ties to even.
                let bits = number.bitPattern
                return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
            }.withUnsafeBytes(Array.init)
        default: return floats.withUnsafeBytes(Array.init)
        }
    }
}
