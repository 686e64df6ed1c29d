/// Reading files of text that fit into memory with ease.
enum SmallFile {
    /// Room for the labels of every class set in use, many times over.
    private static let limit = 16 << 20
    private static let lineLimit = 1_000_000

    /// The bytes of a file, copied.
    static func bytes(path: String) throws(CheckpointError) -> [UInt8] {
        let file = try MappedFile(path: path, limit: limit)
        return withExtendedLifetime(file) { Array(file.bytes) }
    }

    /// The lines of a UTF-8 text file without their ends; blank lines at the end do not count.
    static func lines(path: String) throws(CheckpointError) -> [String] {
        var bytes = try bytes(path: path)[...]
        guard bytes.count(where: { $0 == UInt8(ascii: "\n") }) <= lineLimit else {
            throw CheckpointError(
                .tooLarge,
                path: path,
                problem: "there are more than \(lineLimit) lines",
                remedy: "Check that this is the file you meant"
            )
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            bytes = bytes.dropFirst(3)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CheckpointError(
                .malformed,
                path: path,
                problem: "the text is not UTF-8",
                remedy: "Save it in that encoding"
            )
        }
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        while let last = lines.last, last.allSatisfy(\.isWhitespace) {
            lines.removeLast()
        }
        return lines
    }
}
