package import ModelGraph

/// A safetensors file: its header read and checked, its tensors left where they are.
///
/// The format: the header's length as an unsigned 64-bit integer, the header as JSON, then the tensors' bytes, end to
/// end and without holes. All numbers are little-endian.
package struct SafetensorsFile: Sendable {
    /// The free-form texts of the header's `__metadata__`.
    package let metadata: [String: String]
    /// Every tensor whose element type is known.
    package let weights: Weights
    /// The other tensors: name → element type as the file calls it.
    package let unsupportedTypes: [String: String]

    /// Bytes of a header at most, the format's own limit.
    private static let headerLimit = 100_000_000
    private static let lengthSize = MemoryLayout<UInt64>.size

    /// Reads a mapped file.
    ///
    /// - Parameter limit: bytes accepted at most.
    package init(path: String, limit: Int = 1 << 40) throws(CheckpointError) {
        try self.init(storage: MappedFile(path: path, limit: limit), path: path)
    }

    /// Reads bytes that are in memory already.
    ///
    /// - Parameter path: what errors name.
    package init(storage: any ByteStorage, path: String) throws(CheckpointError) {
        do {
            try self.init(storage)
        } catch {
            throw CheckpointError(
                .malformed,
                path: path,
                problem: "this is not a sound safetensors file: \(error.reason)",
                remedy: "Fetch or export it again; a file of Git LFS is only a pointer until `git lfs pull`"
            )
        }
    }

    private init(_ storage: any ByteStorage) throws(SafetensorsFlaw) {
        let bytes = storage.bytes
        guard bytes.count >= Self.lengthSize else {
            throw SafetensorsFlaw("its \(bytes.count) bytes cannot hold the header's length")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard let headerSize = Int(exactly: length), headerSize <= bytes.count - Self.lengthSize else {
            throw SafetensorsFlaw("the header's length of \(length) bytes reaches beyond the file's end")
        }
        guard headerSize <= Self.headerLimit else {
            throw SafetensorsFlaw("the header has \(headerSize) bytes, and the format allows \(Self.headerLimit)")
        }
        let dataStart = Self.lengthSize + headerSize
        var parser = SafetensorsHeaderParser(Array(bytes[Self.lengthSize..<dataStart]))
        let header = try parser.header()
        try header.checkLayout(dataSize: bytes.count - dataStart)

        var tensors: [String: Tensor] = [:]
        var unsupported: [String: String] = [:]
        for (name, entry) in header.entries {
            guard let elementType = ElementType(safetensorsName: entry.type) else {
                unsupported[name] = entry.type
                continue
            }
            try entry.checkSize(of: elementType, name: name)
            tensors[name] = Tensor(
                elementType: elementType,
                shape: entry.shape,
                storage: storage,
                byteRange: dataStart + entry.start..<dataStart + entry.end
            )
        }
        metadata = header.metadata
        weights = Weights(tensors)
        unsupportedTypes = unsupported
    }
}

extension ElementType {
    /// The type's name in a safetensors header.
    var safetensorsName: String {
        switch self {
        case .float32: "F32"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .int8: "I8"
        case .uint8: "U8"
        case .int32: "I32"
        case .int64: "I64"
        }
    }

    init?(safetensorsName name: String) {
        guard let type = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
        self = type
    }
}
