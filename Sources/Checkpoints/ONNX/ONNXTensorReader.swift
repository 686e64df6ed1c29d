import ModelGraph

/// Reads TensorProto messages; their elements stay in the file, or in the files beside it that they name.
struct ONNXTensorReader {
    let storage: any ByteStorage
    /// Where files of external data lie.
    let folder: String
    private var files: [String: MappedFile] = [:]

    private static let rankLimit = 16
    private static let fileLimit = 1000

    init(storage: any ByteStorage, folder: String) {
        self.storage = storage
        self.folder = folder
    }

    /// Where a tensor's elements are.
    private struct Content {
        var name = ""
        var shape: [Int] = []
        var type = 0
        var raw: Range<Int>?
        var floats: [Float] = []
        var integers: [Int] = []
        var external: [String: String] = [:]
        var isExternal = false
    }

    mutating func tensor(_ message: ProtobufReader) throws(ONNXFlaw) -> (name: String, tensor: Tensor) {
        let bytes = storage.bytes
        var message = message
        var content = Content()
        while let (field, value) = try message.next() {
            switch field {
            case 1: content.shape += try value.integers(bytes)
            case 2: content.type = try value.integer()
            case 4: content.floats += try value.floats(bytes)
            case 5, 7: content.integers += try value.integers(bytes)
            case 8: content.name = try value.text(bytes)
            case 9: content.raw = try value.range()
            case 13:
                let (key, text) = try entry(value.message(bytes))
                content.external[key] = text
            case 14: content.isExternal = try value.integer() == 1
            default: break
            }
        }
        return (content.name, try tensor(content))
    }

    private func entry(_ message: ProtobufReader) throws(ONNXFlaw) -> (String, String) {
        var message = message
        var pair = ("", "")
        while let (field, value) = try message.next() {
            if field == 1 { pair.0 = try value.text(storage.bytes) }
            if field == 2 { pair.1 = try value.text(storage.bytes) }
        }
        return pair
    }

    private mutating func tensor(_ content: Content) throws(ONNXFlaw) -> Tensor {
        let count = try elementCount(content)
        if content.type == 11 { return try doubles(content, count: count) }
        guard let type = ElementType(onnxCode: content.type) else {
            throw ONNXFlaw("tensor \"\(content.name)\" has the element type \(content.type)", isRefusal: true)
        }
        let (size, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
        guard !overflow else { throw ONNXFlaw("the shape of tensor \"\(content.name)\" is too large") }
        if content.isExternal {
            let (file, range) = try external(content, size: size)
            return Tensor(elementType: type, shape: content.shape, storage: file, byteRange: range)
        }
        if let raw = content.raw {
            guard raw.count == size else {
                throw ONNXFlaw(
                    "tensor \"\(content.name)\" has \(raw.count) bytes, but its shape \(content.shape) takes \(size)"
                )
            }
            return Tensor(elementType: type, shape: content.shape, storage: storage, byteRange: raw)
        }
        if type == .float32 {
            guard content.floats.count == count else { throw wrongCount(content, content.floats.count) }
            return Tensor(shape: content.shape, floats: content.floats)
        }
        guard content.integers.count == count else { throw wrongCount(content, content.integers.count) }
        let copy = OwnedBytes(count: size) { target in
            for (index, integer) in content.integers.enumerated() {
                withUnsafeBytes(of: integer.littleEndian) { number in
                    UnsafeMutableRawBufferPointer(rebasing: target[(index * type.byteCount)...])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: number.prefix(type.byteCount)))
                }
            }
        }
        return Tensor(elementType: type, shape: content.shape, storage: copy, byteRange: 0..<size)
    }

    private func elementCount(_ content: Content) throws(ONNXFlaw) -> Int {
        guard content.shape.count <= Self.rankLimit else {
            throw ONNXFlaw("tensor \"\(content.name)\" has \(content.shape.count) dimensions")
        }
        var count = 1
        for extent in content.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, extent >= 0 else {
                throw ONNXFlaw("the shape of tensor \"\(content.name)\", \(content.shape), is not possible")
            }
            count = product
        }
        return count
    }

    private func wrongCount(_ content: Content, _ count: Int) -> ONNXFlaw {
        ONNXFlaw("tensor \"\(content.name)\" has \(count) elements, but the shape \(content.shape)")
    }

    /// 64-bit floats, rounded.
    private func doubles(_ content: Content, count: Int) throws(ONNXFlaw) -> Tensor {
        guard !content.isExternal, let raw = content.raw, raw.count / 8 == count, raw.count.isMultiple(of: 8) else {
            throw ONNXFlaw("tensor \"\(content.name)\" of 64-bit floats is not stored in the file", isRefusal: true)
        }
        let floats = (0..<count).map { index in
            Float(storage.bytes.loadUnaligned(fromByteOffset: raw.lowerBound + index * 8, as: Double.self))
        }
        return Tensor(shape: content.shape, floats: floats)
    }

    /// A stretch of a file beside this one. No name leads out of the folder.
    private mutating func external(
        _ content: Content,
        size: Int
    ) throws(ONNXFlaw) -> (file: MappedFile, range: Range<Int>) {
        let name = content.external["location"] ?? ""
        guard ModelPath.isPlainName(name) else {
            throw ONNXFlaw(
                "tensor \"\(content.name)\" lies in \"\(name)\", which is not the name of a file beside this one"
            )
        }
        if files[name] == nil {
            guard files.count < Self.fileLimit else { throw ONNXFlaw("it names more than \(Self.fileLimit) files") }
            do {
                files[name] = try MappedFile(path: "\(folder)/\(name)", limit: 1 << 40)
            } catch {
                throw ONNXFlaw("its data in \(error)")
            }
        }
        let offset = content.external["offset"].map { Int($0) } ?? 0
        let length = content.external["length"].map { Int($0) } ?? size
        guard let file = files[name], let offset, length == size, offset >= 0, offset <= file.bytes.count,
            size <= file.bytes.count - offset
        else { throw ONNXFlaw("tensor \"\(content.name)\" does not fit its place in \(name)") }
        return (file, offset..<offset + size)
    }
}

extension ElementType {
    /// ONNX' number of the type, TensorProto.DataType.
    fileprivate init?(onnxCode code: Int) {
        switch code {
        case 1: self = .float32
        case 2, 9: self = .uint8
        case 3: self = .int8
        case 6: self = .int32
        case 7: self = .int64
        case 10: self = .float16
        case 16: self = .bfloat16
        default: return nil
        }
    }
}
