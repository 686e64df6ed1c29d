/// Why a zip archive cannot be read.
package struct ZipError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The directory of a zip archive whose bytes lie in memory (PKWARE's APPNOTE.TXT, with the 64-bit extensions).
///
/// Every length and place is checked when the directory is read, so that an entry's bytes can be taken without further
/// care. Split, encrypted and overlapping entries are refused.
package struct ZipArchive: Sendable {
    package struct Entry: Sendable, Equatable {
        package var name: String
        /// Where its bytes, deflated or not, lie in the archive.
        package var range: Range<Int>
        /// Bytes after inflating.
        package var size: Int
        package var isDeflated: Bool
        package var checksum: UInt32
    }

    /// In the order of the directory.
    package let entries: [Entry]

    private static let endSignature: UInt32 = 0x0605_4b50
    private static let end64Signature: UInt32 = 0x0606_4b50
    private static let locatorSignature: UInt32 = 0x0706_4b50
    private static let directorySignature: UInt32 = 0x0201_4b50
    private static let localSignature: UInt32 = 0x0403_4b50
    private static let endSize = 22
    private static let directoryEntrySize = 46
    private static let localHeaderSize = 30
    private static let longestComment = 65535
    private static let entryLimit = 1 << 18

    package init(_ bytes: UnsafeRawBufferPointer) throws(ZipError) {
        let reader = LittleEndianReader(bytes)
        let directory = try Self.directory(reader)
        guard directory.count <= min(Self.entryLimit, directory.range.count / Self.directoryEntrySize) else {
            throw ZipError("its directory of \(directory.range.count) bytes cannot hold \(directory.count) entries")
        }
        var entries: [Entry] = []
        var names: Set<String> = []
        var position = directory.range.lowerBound
        for _ in 0..<directory.count {
            let entry = try Self.entry(reader, at: &position, end: directory.range.upperBound)
            guard names.insert(entry.name).inserted else { throw ZipError("entry \"\(entry.name)\" occurs twice") }
            entries.append(entry)
        }
        let ordered = entries.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (first, second) in zip(ordered, ordered.dropFirst())
        where first.range.upperBound > second.range.lowerBound {
            throw ZipError("entries \"\(first.name)\" and \"\(second.name)\" overlap")
        }
        self.entries = entries
    }

    /// Inflates an entry into memory of exactly its size.
    ///
    /// - Parameters:
    ///   - bytes: the archive's.
    ///   - output: as long as the entry's `size`.
    package static func inflate(
        _ entry: Entry,
        from bytes: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(ZipError) {
        let input = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
        if entry.isDeflated {
            do {
                var inflater = try Inflater(.raw)
                let progress = try inflater.inflate(input, into: output)
                var probe: UInt8 = 0
                let rest = UnsafeRawBufferPointer(rebasing: input[progress.consumed...])
                let after = try withUnsafeMutableBytes(of: &probe) { (probe) throws(InflateError) in
                    try inflater.inflate(rest, into: probe)
                }
                guard progress.produced == output.count, after.produced == 0, after.isFinished else {
                    throw ZipError("entry \"\(entry.name)\" does not inflate to the \(entry.size) bytes it promises")
                }
            } catch let error as ZipError {
                throw error
            } catch {
                throw ZipError("entry \"\(entry.name)\" cannot be inflated: \(error)")
            }
        } else {
            output.copyMemory(from: input)
        }
        guard CRC32.checksum(of: UnsafeRawBufferPointer(output)) == entry.checksum else {
            throw ZipError("entry \"\(entry.name)\" does not have the checksum it promises")
        }
    }

    // MARK: Directory

    /// Where the directory lies, and how many entries it promises.
    private static func directory(_ reader: LittleEndianReader) throws(ZipError) -> (range: Range<Int>, count: Int) {
        guard let end = endRecord(reader) else { throw ZipError("it has no directory at its end") }
        guard let disk = reader.uint16(end + 4), let firstDisk = reader.uint16(end + 6),
            let count = reader.uint16(end + 10), let size = reader.uint32(end + 12),
            let offset = reader.uint32(end + 16)
        else { throw ZipError("its end is cut off") }
        guard disk == firstDisk, disk == 0 || disk == 0xffff else { throw ZipError("it is split over several files") }
        var directory = (offset: UInt64(offset), size: UInt64(size), count: UInt64(count))
        if count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
            directory = try longDirectory(reader, end: end)
        }
        guard let start = Int(exactly: directory.offset), let length = Int(exactly: directory.size),
            let entries = Int(exactly: directory.count), start <= end, length <= end - start
        else { throw ZipError("its directory lies beyond its end") }
        return (start..<start + length, entries)
    }

    private static func endRecord(_ reader: LittleEndianReader) -> Int? {
        let last = reader.count - endSize
        guard last >= 0 else { return nil }
        return stride(from: last, through: max(0, last - longestComment), by: -1).first { position in
            reader.uint32(position) == endSignature
                && reader.uint16(position + 20).map { Int($0) == last - position } == true
        }
    }

    private static func longDirectory(
        _ reader: LittleEndianReader,
        end: Int
    ) throws(ZipError) -> (offset: UInt64, size: UInt64, count: UInt64) {
        let locator = end - 20
        guard reader.uint32(locator) == locatorSignature, let place = reader.uint64(locator + 8),
            let record = Int(exactly: place), record < end, reader.uint32(record) == end64Signature,
            let count = reader.uint64(record + 32), let size = reader.uint64(record + 40),
            let offset = reader.uint64(record + 48)
        else { throw ZipError("its 64-bit directory is broken") }
        return (offset, size, count)
    }

    private static func entry(
        _ reader: LittleEndianReader,
        at position: inout Int,
        end: Int
    ) throws(ZipError) -> Entry {
        let start = position
        guard start <= end - directoryEntrySize, reader.uint32(start) == directorySignature,
            let flags = reader.uint16(start + 8), let method = reader.uint16(start + 10),
            let checksum = reader.uint32(start + 16), let storedSize = reader.uint32(start + 20),
            let size = reader.uint32(start + 24), let nameLength = reader.uint16(start + 28),
            let extraLength = reader.uint16(start + 30), let commentLength = reader.uint16(start + 32),
            let offset = reader.uint32(start + 42)
        else { throw ZipError("its directory is broken at byte \(start)") }
        let nameStart = start + directoryEntrySize
        let extraStart = nameStart + Int(nameLength)
        position = extraStart + Int(extraLength) + Int(commentLength)
        guard position <= end, let name = reader.text(nameStart..<extraStart) else {
            throw ZipError("the name of an entry at byte \(start) is broken")
        }
        guard flags & 1 == 0 else { throw ZipError("entry \"\(name)\" is encrypted") }
        guard method == 0 || method == 8 else {
            throw ZipError("entry \"\(name)\" is compressed by method \(method), which is not supported")
        }
        var sizes = ExtendedSizes(size: UInt64(size), storedSize: UInt64(storedSize), offset: UInt64(offset))
        guard sizes.extend(reader, extra: extraStart..<extraStart + Int(extraLength)) else {
            throw ZipError("the 64-bit sizes of entry \"\(name)\" are missing")
        }
        guard let header = Int(exactly: sizes.offset), let stored = Int(exactly: sizes.storedSize),
            let inflated = Int(exactly: sizes.size), header <= reader.count - localHeaderSize,
            reader.uint32(header) == localSignature, let localName = reader.uint16(header + 26),
            let localExtra = reader.uint16(header + 28)
        else { throw ZipError("entry \"\(name)\" lies beyond the archive's end") }
        let data = header + localHeaderSize + Int(localName) + Int(localExtra)
        guard data <= reader.count, stored <= reader.count - data else {
            throw ZipError("entry \"\(name)\" reaches beyond the archive's end")
        }
        // Deflate cannot do better than 1032 to 1.
        guard method == 0 ? inflated == stored : inflated / 1032 <= stored else {
            throw ZipError("entry \"\(name)\" of \(stored) bytes cannot hold the \(inflated) that it promises")
        }
        return Entry(
            name: name,
            range: data..<data + stored,
            size: inflated,
            isDeflated: method == 8,
            checksum: checksum
        )
    }

    /// Sizes and place of an entry; what does not fit 32 bits stands in an extra field of kind 1.
    private struct ExtendedSizes {
        var size: UInt64
        var storedSize: UInt64
        var offset: UInt64

        /// - Returns: false where a 64-bit number is missing.
        mutating func extend(_ reader: LittleEndianReader, extra: Range<Int>) -> Bool {
            let marker: UInt64 = 0xffff_ffff
            guard size == marker || storedSize == marker || offset == marker else { return true }
            var position = extra.lowerBound
            while position + 4 <= extra.upperBound, let kind = reader.uint16(position),
                let length = reader.uint16(position + 2)
            {
                let fieldEnd = position + 4 + Int(length)
                guard kind == 1, fieldEnd <= extra.upperBound else {
                    position = fieldEnd
                    continue
                }
                var next = position + 4
                func read() -> UInt64? {
                    guard next + 8 <= fieldEnd else { return nil }
                    defer { next += 8 }
                    return reader.uint64(next)
                }
                for path in [\ExtendedSizes.size, \.storedSize, \.offset] where self[keyPath: path] == marker {
                    guard let number = read() else { return false }
                    self[keyPath: path] = number
                }
                return true
            }
            return false
        }
    }
}

/// Little-endian numbers at any place; nil beyond the end.
private struct LittleEndianReader {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var count: Int { bytes.count }

    func uint16(_ position: Int) -> UInt16? { load(position) }
    func uint32(_ position: Int) -> UInt32? { load(position) }
    func uint64(_ position: Int) -> UInt64? { load(position) }

    func text(_ range: Range<Int>) -> String? {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
        return String(validating: bytes[range], as: UTF8.self)
    }

    private func load<Number: FixedWidthInteger & BitwiseCopyable>(_ position: Int) -> Number? {
        guard position >= 0, position <= bytes.count - MemoryLayout<Number>.size else { return nil }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }
}
