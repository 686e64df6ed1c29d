import Compression
package import ModelGraph

/// A file that `torch.save` wrote: a zip archive, or the pickles of older versions. Its tensors stay where they are as
/// long as they are stored in order and uncompressed.
package struct PyTorchFile {
    package let weights: Weights
    /// Tensors of element types that are not read: name → type.
    let unsupportedTypes: [String: String]
    /// What a training checkpoint calls its architecture.
    let architecture: String?

    /// Bytes of pickled structure at most.
    private static let pickleLimit = 64 << 20
    /// Inflated tensors may take this, or a multiple of the file.
    private static let inflatedLimit = 64 << 20
    private static let inflatedRatio = 16

    /// - Parameter path: what errors name.
    package init(storage: any ByteStorage, path: String) throws(CheckpointError) {
        do {
            self = try Self.read(storage)
        } catch {
            throw CheckpointError(
                error.isRefusal ? .unsupported : .malformed,
                path: path,
                problem: error.isRefusal
                    ? "this PyTorch file holds more than weights: \(error.reason)"
                    : "this is not a sound PyTorch file: \(error.reason)",
                remedy: error.isRefusal
                    ? "Save the weights alone: torch.save(model.state_dict(), …)" : "Fetch or export it again"
            )
        }
    }

    private static func read(_ storage: any ByteStorage) throws(PickleFlaw) -> PyTorchFile {
        storage.bytes.starts(with: archiveStart) ? try readArchive(storage) : try readLegacy(storage)
    }

    /// Whether a file starts as those of torch.save do, or as other pickles.
    static func isOne(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.starts(with: archiveStart) { return true }
        // The length that safetensors files begin with may have these bytes too, but ends in zeros.
        return bytes.count > 8 && bytes[0] == 0x80 && (2...5).contains(bytes[1]) && !bytes[4..<8].allSatisfy { $0 == 0 }
    }

    /// What zip archives begin with.
    private static let archiveStart: [UInt8] = [UInt8(ascii: "P"), UInt8(ascii: "K"), 3, 4]

    private init(
        _ root: PickleValue,
        _ unpickler: borrowing Unpickler,
        fileSize: Int,
        place: (PickledStorage) throws(PickleFlaw) -> (memory: any ByteStorage, bytes: Range<Int>)
    ) throws(PickleFlaw) {
        let state = try StateDictionary(root, unpickler)
        var tensors: [String: Tensor] = [:]
        var unsupported: [String: String] = [:]
        let copied = state.tensors.values.reduce(0) { sum, tensor in
            let (sum, isTooLarge) = sum.addingReportingOverflow(tensor.copiedBytes)
            return isTooLarge ? .max : sum
        }
        guard copied <= Self.budget(fileSize: fileSize) else {
            throw PickleFlaw("its tensors overlap too often", isRefusal: true)
        }
        for (name, pickled) in state.tensors {
            let (memory, bytes) = try place(pickled.storage)
            guard bytes.count / pickled.storage.element.size >= pickled.storage.count else {
                throw PickleFlaw("the storage of tensor \"\(name)\" has \(bytes.count) bytes, too few")
            }
            guard let tensor = pickled.tensor(in: memory, bytes: bytes) else {
                if case .unsupported(let type, _) = pickled.storage.element { unsupported[name] = type }
                continue
            }
            tensors[name] = tensor
        }
        weights = Weights(tensors)
        unsupportedTypes = unsupported
        architecture = state.architecture
    }

    /// Bytes that may be made of a file: inflated, or copied into order.
    private static func budget(fileSize: Int) -> Int {
        max(inflatedLimit, fileSize.multipliedReportingOverflow(by: inflatedRatio).partialValue)
    }

    // MARK: Zip archives

    private static func readArchive(_ storage: any ByteStorage) throws(PickleFlaw) -> PyTorchFile {
        let archive: ZipArchive
        do {
            archive = try ZipArchive(storage.bytes)
        } catch {
            throw PickleFlaw("as a zip archive, \(error)")
        }
        guard let pickle = archive.entries.first(where: { $0.name.hasSuffix("/data.pkl") || $0.name == "data.pkl" })
        else { throw PickleFlaw("the archive holds no data.pkl") }
        let root = pickle.name.dropLast("data.pkl".count)
        var entries: [String: ZipArchive.Entry] = [:]
        for entry in archive.entries where entry.name.hasPrefix(root) {
            entries[String(entry.name.dropFirst(root.count))] = entry
        }
        guard entries["constants.pkl"] == nil else {
            throw PickleFlaw("it is a TorchScript program", isRefusal: true)
        }
        var budget = budget(fileSize: storage.bytes.count)
        if let order = entries["byteorder"] {
            let text = try bytes(of: order, in: storage, budget: &budget)
            guard text.bytes.elementsEqual("little".utf8) else {
                throw PickleFlaw("its numbers are not little-endian", isRefusal: true)
            }
        }
        guard pickle.size <= pickleLimit else {
            throw PickleFlaw("its data.pkl has \(pickle.size) bytes, more than weights need", isRefusal: true)
        }
        let program = try bytes(of: pickle, in: storage, budget: &budget)
        defer { withExtendedLifetime(program) {} }
        var unpickler = Unpickler(program.bytes)
        let value = try unpickler.load()
        // Tensors may share a storage.
        var inflated: [String: OwnedBytes] = [:]
        return try PyTorchFile(value, unpickler, fileSize: storage.bytes.count) { (pickled) throws(PickleFlaw) in
            guard let entry = entries["data/\(pickled.key)"] else {
                throw PickleFlaw("the archive lacks the storage \(pickled.key)")
            }
            guard entry.isDeflated else { return (storage, entry.range) }
            if let memory = inflated[pickled.key] { return (memory, 0..<memory.bytes.count) }
            let memory = try bytes(of: entry, in: storage, budget: &budget)
            inflated[pickled.key] = memory
            return (memory, 0..<memory.bytes.count)
        }
    }

    private static func bytes(
        of entry: ZipArchive.Entry,
        in storage: any ByteStorage,
        budget: inout Int
    ) throws(PickleFlaw) -> OwnedBytes {
        guard entry.size <= budget else {
            throw PickleFlaw("entry \"\(entry.name)\" inflates to \(entry.size) bytes, out of proportion to the file")
        }
        budget -= entry.size
        do {
            return try OwnedBytes(count: entry.size) { (target) throws(ZipError) in
                try ZipArchive.inflate(entry, from: storage.bytes, into: target)
            }
        } catch {
            throw PickleFlaw(error.description)
        }
    }

    // MARK: Older files

    /// The number that older files begin with, little-endian, 0x1950a86a20f9469cfc6c.
    private static let legacyMagic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

    /// Whether a file starts as older ones do.
    private static func isLegacy(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count > 15 && bytes[0] == 0x80 && bytes[2] == 0x8a && bytes[4..<14].elementsEqual(legacyMagic)
    }

    /// Pickles of the magic number, the protocol, the machine and the object, then the storages' keys; then for each key
    /// a 64-bit count and that many elements.
    private static func readLegacy(_ storage: any ByteStorage) throws(PickleFlaw) -> PyTorchFile {
        let bytes = storage.bytes
        guard isLegacy(bytes) else { throw PickleFlaw("it does not start as files of torch.save do") }
        var position = 0
        for _ in 0..<3 {
            var header = Unpickler(bytes, position: position)
            let value = try header.load()
            if let system = header.items(value), case .bool(false)? = system["little_endian"] {
                throw PickleFlaw("its numbers are not little-endian", isRefusal: true)
            }
            position = header.position
        }
        var unpickler = Unpickler(bytes, position: position)
        let value = try unpickler.load()
        var keyReader = Unpickler(bytes, position: unpickler.position)
        let keyList = try keyReader.load()
        let keys = try keyReader.values(keyList)
        let sizes = unpickler.elementSizes
        var places: [String: Range<Int>] = [:]
        position = keyReader.position
        for key in keys {
            guard case .text(let name) = key, let size = sizes[name] else {
                throw PickleFlaw("a storage is listed that no tensor names")
            }
            guard position <= bytes.count - 8 else { throw PickleFlaw("storage \(name) is cut off") }
            let count = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let start = position + 8
            guard let elements = Int(exactly: count), elements <= (bytes.count - start) / size else {
                throw PickleFlaw("storage \(name) of \(count) elements reaches beyond the file's end")
            }
            position = start + elements * size
            places[name] = start..<position
        }
        return try PyTorchFile(value, unpickler, fileSize: bytes.count) { (pickled) throws(PickleFlaw) in
            guard let place = places[pickled.key] else { throw PickleFlaw("storage \(pickled.key) is missing") }
            return (storage, place)
        }
    }
}
