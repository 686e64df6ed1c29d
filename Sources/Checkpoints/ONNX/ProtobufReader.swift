/// What is wrong with an ONNX file, in words.
struct ONNXFlaw: Error {
    let reason: String
    /// The file is sound, but asks for what is not implemented.
    var isRefusal = false

    init(_ reason: String, isRefusal: Bool = false) {
        self.reason = reason
        self.isRefusal = isRefusal
    }
}

/// Reads the fields of a message in Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), in place.
struct ProtobufReader {
    enum Value {
        case integer(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        /// Bytes of the file: a text, packed numbers or another message.
        case bytes(Range<Int>)
    }

    let bytes: UnsafeRawBufferPointer
    private var position: Int
    private let end: Int

    /// - Parameter range: of the message; inside `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field's number and value; nil at the end.
    mutating func next() throws(ONNXFlaw) -> (field: Int, value: Value)? {
        guard position < end else { return nil }
        let tag = try variableInteger()
        guard tag >> 3 > 0, let field = Int(exactly: tag >> 3) else { throw flaw("a field has no number") }
        switch tag & 7 {
        case 0: return (field, .integer(try variableInteger()))
        case 1: return (field, .fixed64(try fixed()))
        case 2:
            let length = try variableInteger()
            guard let count = Int(exactly: length), count <= end - position else {
                throw flaw("a length of \(length) reaches beyond the end")
            }
            defer { position += count }
            return (field, .bytes(position..<position + count))
        case 5: return (field, .fixed32(try fixed()))
        default: throw flaw("a field has the unknown type \(tag & 7)")
        }
    }

    /// Base-128 digits, lowest first.
    mutating func variableInteger() throws(ONNXFlaw) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard position < end else { throw flaw("a number is cut off") }
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7f) << UInt64(shift)
            if byte < 0x80 { return result }
        }
        throw flaw("a number is too long")
    }

    var isAtEnd: Bool { position >= end }

    mutating func fixed<Number: FixedWidthInteger & BitwiseCopyable>() throws(ONNXFlaw) -> Number {
        guard MemoryLayout<Number>.size <= end - position else { throw flaw("a number is cut off") }
        defer { position += MemoryLayout<Number>.size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    private func flaw(_ problem: String) -> ONNXFlaw {
        ONNXFlaw("\(problem) at byte \(position)")
    }
}

extension ProtobufReader.Value {
    /// A sub-message.
    func message(_ bytes: UnsafeRawBufferPointer) throws(ONNXFlaw) -> ProtobufReader {
        ProtobufReader(bytes, try range())
    }

    func range() throws(ONNXFlaw) -> Range<Int> {
        guard case .bytes(let range) = self else { throw ONNXFlaw("a number stands where a message is due") }
        return range
    }

    func text(_ bytes: UnsafeRawBufferPointer) throws(ONNXFlaw) -> String {
        String(decoding: bytes[try range()], as: UTF8.self)
    }

    func integer() throws(ONNXFlaw) -> Int {
        guard case .integer(let value) = self else { throw ONNXFlaw("a number is of the wrong type") }
        return Int(truncatingIfNeeded: value)
    }

    /// One number of a repeated field, or all of them when they are packed.
    func integers(_ bytes: UnsafeRawBufferPointer) throws(ONNXFlaw) -> [Int] {
        guard case .bytes(let range) = self else { return [try integer()] }
        var reader = ProtobufReader(bytes, range)
        var integers: [Int] = []
        while !reader.isAtEnd { integers.append(Int(truncatingIfNeeded: try reader.variableInteger())) }
        return integers
    }

    func floats(_ bytes: UnsafeRawBufferPointer) throws(ONNXFlaw) -> [Float] {
        switch self {
        case .fixed32(let bits): return [Float(bitPattern: bits)]
        case .bytes(let range):
            guard range.count.isMultiple(of: 4) else { throw ONNXFlaw("packed numbers are cut off") }
            return stride(from: range.lowerBound, to: range.upperBound, by: 4).map { place in
                bytes.loadUnaligned(fromByteOffset: place, as: Float.self)
            }
        default: throw ONNXFlaw("a number is of the wrong type")
        }
    }
}
