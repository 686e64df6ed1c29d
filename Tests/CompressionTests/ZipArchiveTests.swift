import Compression
import Testing

@Suite struct ZipArchiveTests {
    /// An archive of stored entries, with numbers that may lie.
    private struct Builder {
        var bytes: [UInt8] = []
        private var directory: [UInt8] = []
        private var count = 0

        static func little(_ value: Int, _ size: Int) -> [UInt8] {
            (0..<size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }

        mutating func add(
            _ name: String,
            _ content: [UInt8],
            method: Int = 0,
            size: Int? = nil,
            storedSize: Int? = nil,
            offset: Int? = nil,
            flags: Int = 0
        ) {
            let place = offset ?? bytes.count
            let checksum = content.withUnsafeBytes { Int(CRC32.checksum(of: $0)) }
            let sizes = Self.little(storedSize ?? content.count, 4) + Self.little(size ?? content.count, 4)
            let middle = Self.little(flags, 2) + Self.little(method, 2) + Self.little(0, 4) + Self.little(checksum, 4)
            bytes += Self.little(0x0403_4b50, 4) + Self.little(20, 2) + middle + sizes
            bytes += Self.little(name.utf8.count, 2) + Self.little(0, 2) + Array(name.utf8) + content
            directory += Self.little(0x0201_4b50, 4) + Self.little(20, 2) + Self.little(20, 2) + middle + sizes
            directory += Self.little(name.utf8.count, 2) + Self.little(0, 12) + Self.little(place, 4) + Array(name.utf8)
            count += 1
        }

        func archive(count: Int? = nil, offset: Int? = nil) -> [UInt8] {
            let entries = Self.little(count ?? self.count, 2)
            let end =
                Self.little(0x0605_4b50, 4) + Self.little(0, 4) + entries + entries + Self.little(directory.count, 4)
                + Self.little(offset ?? bytes.count, 4) + Self.little(0, 2)
            return bytes + directory + end
        }
    }

    private func entries(_ bytes: [UInt8]) throws -> [ZipArchive.Entry] {
        try bytes.withUnsafeBytes { try ZipArchive($0).entries }
    }

    @Test func readsStoredEntries() throws {
        var builder = Builder()
        builder.add("a/data.pkl", [1, 2, 3])
        builder.add("a/data/0", [4, 5])
        let bytes = builder.archive()
        let entries = try entries(bytes)
        #expect(entries.map(\.name) == ["a/data.pkl", "a/data/0"])
        #expect(entries.map { Array(bytes[$0.range]) } == [[1, 2, 3], [4, 5]])
        var output = [UInt8](repeating: 0, count: 3)
        try output.withUnsafeMutableBytes { output in
            try bytes.withUnsafeBytes { try ZipArchive.inflate(entries[0], from: $0, into: output) }
        }
        #expect(output == [1, 2, 3])
    }

    @Test func theChecksumIsChecked() throws {
        var builder = Builder()
        builder.add("a", [1, 2, 3])
        var bytes = builder.archive()
        let entry = try entries(bytes)[0]
        bytes[entry.range.lowerBound] = 9
        var output = [UInt8](repeating: 0, count: 3)
        #expect(throws: ZipError.self) {
            try output.withUnsafeMutableBytes { output in
                try bytes.withUnsafeBytes { try ZipArchive.inflate(entry, from: $0, into: output) }
            }
        }
    }

    @Test func liesAreRefused() throws {
        func refused(_ reason: String, count: Int? = nil, offset: Int? = nil, _ build: (inout Builder) -> Void) {
            var builder = Builder()
            build(&builder)
            #expect(throws: ZipError.self, "\(reason)") { try entries(builder.archive(count: count, offset: offset)) }
        }
        refused("more entries than bytes", count: 60_000) { $0.add("a", [1]) }
        refused("a directory beyond the end", offset: 1 << 30) { $0.add("a", [1]) }
        refused("an entry beyond the end") { $0.add("a", [1], size: 1 << 20, storedSize: 1 << 20) }
        refused("an entry whose header is elsewhere") { $0.add("a", [1], offset: 7) }
        refused("a stored entry of two sizes") { $0.add("a", [1], size: 2) }
        refused("a bomb") { $0.add("a", [1, 2], method: 8, size: 1 << 30) }
        refused("a method") { $0.add("a", [1], method: 99) }
        refused("a key") { $0.add("a", [1], flags: 1) }
        refused("one name twice") {
            $0.add("a", [1])
            $0.add("a", [1])
        }
        refused("overlapping entries") {
            $0.add("a", [1])
            $0.add("b", [1], offset: 0)
        }
        #expect(throws: ZipError.self) { try entries([]) }
        #expect(throws: ZipError.self) { try entries(Array("PK".utf8)) }
    }
}
