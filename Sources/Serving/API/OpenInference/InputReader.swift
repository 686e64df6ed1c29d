import HTTP
import HTTPTypes

/// Reads one input tensor: `image` of compressed pictures, or `input` of preprocessed ones. Its members may come in any
/// order.
struct InputReader: Sendable {
    private enum Datatype: String {
        case bytes = "BYTES"
        case float = "FP32"
    }

    /// Of one preprocessed picture: channels, rows, columns.
    private let pictureShape: [Int]
    private let maxImages: Int
    private var datatype: Datatype?
    private var shape: [Int]?
    private var binarySize: Int?
    private var pictures: [[UInt8]]?
    private var numbers: [Float]?

    init(shape: [Int], maxImages: Int) {
        pictureShape = shape
        self.maxImages = maxImages
    }

    private var pictureCount: Int { pictureShape.reduce(1, *) }

    // MARK: JSON

    mutating func read(_ reader: inout JSONReader) throws(Rejection) {
        /// Where the data stand, when they come before what says how to read them.
        var bookmark: JSONReader?
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "name": try checkName(try reader.readString())
            case "datatype": try readDatatype(&reader)
            case "shape": try readShape(&reader)
            case "parameters":
                var size = binarySize
                try reader.readOptionalObject { (reader, name) throws(Rejection) in
                    if name == "binary_data_size" {
                        size = try reader.readInteger()
                    } else {
                        try reader.skipValue()
                    }
                }
                binarySize = size
            case "data":
                if datatype == nil {
                    bookmark = reader
                    try reader.skipValue()
                } else {
                    try readData(&reader)
                }
            default: try reader.skipValue()
            }
        }
        if var bookmark { try readData(&bookmark) }
    }

    private func checkName(_ name: String) throws(Rejection) {
        guard name == ModelDescription.Tensor.image || name == ModelDescription.Tensor.input else {
            throw Rejection(.badRequest, "There is no input \"\(name)\"; there are image (BYTES) and input (FP32).")
        }
    }

    private mutating func readDatatype(_ reader: inout JSONReader) throws(Rejection) {
        let name = try reader.readString()
        guard let known = Datatype(rawValue: name) else {
            throw Rejection(.badRequest, "The datatype \(name) is not taken: send BYTES or FP32.")
        }
        datatype = known
    }

    private mutating func readShape(_ reader: inout JSONReader) throws(Rejection) {
        var shape: [Int] = []
        try reader.beginArray()
        while try reader.nextElement() {
            guard shape.count < 8 else { throw Rejection(.badRequest, "The shape has more than 8 dimensions.") }
            shape.append(try reader.readInteger())
        }
        self.shape = shape
    }

    private mutating func readData(_ reader: inout JSONReader) throws(Rejection) {
        guard let datatype else { throw Rejection(.badRequest, "The input has no datatype.") }
        switch datatype {
        case .bytes:
            var list: [[UInt8]] = []
            try readElements(&reader, into: &list)
            pictures = list
        case .float:
            var values: [Float] = []
            let count = try imageCount(shape ?? [], isFloat: true)
            values.reserveCapacity(count * pictureCount)
            try reader.readFloats(into: &values, limit: maxImages * pictureCount)
            numbers = values
        }
    }

    /// Base64 strings, in arrays of any depth.
    private func readElements(_ reader: inout JSONReader, into list: inout [[UInt8]]) throws(Rejection) {
        try reader.beginArray()
        while try reader.nextElement() {
            if try reader.peek() == .array {
                try readElements(&reader, into: &list)
                continue
            }
            guard list.count < maxImages else { throw tooMany }
            list.append(try reader.readBase64())
        }
    }

    // MARK: Result

    /// One input a picture.
    ///
    /// - Parameter binary: what follows the JSON.
    func inputs(binary: ArraySlice<UInt8>) throws(Rejection) -> [JobInput] {
        guard let datatype else { throw Rejection(.badRequest, "The input has no datatype.") }
        guard let shape else { throw Rejection(.badRequest, "The input has no shape.") }
        let count = try imageCount(shape, isFloat: datatype == .float)
        if pictures == nil, numbers == nil { return try inputs(count, datatype, binary: binary) }
        guard binary.isEmpty else { throw Rejection(.badRequest, "The input has both data and binary data.") }
        if let pictures {
            try check(pictures.count == count, "\(pictures.count) elements do not fill")
            return pictures.map { .picture($0[...]) }
        }
        let numbers = numbers ?? []
        try check(numbers.count == count * pictureCount, "\(numbers.count) numbers do not fill")
        if count == 1 { return [.tensor(numbers)] }
        return (0..<count).map { .tensor(Array(numbers[($0 * pictureCount)..<(($0 + 1) * pictureCount)])) }
    }

    /// Checks the shape; tells how many pictures it holds.
    private func imageCount(_ shape: [Int], isFloat: Bool) throws(Rejection) -> Int {
        let count = shape.first ?? 0
        guard count > 0 else { throw Rejection(.badRequest, "The shape \(shape) holds no image.") }
        guard count <= maxImages else { throw tooMany }
        let isRight = isFloat ? Array(shape.dropFirst()) == pictureShape : shape.dropFirst().allSatisfy { $0 == 1 }
        guard isRight, isFloat || shape.count <= 2 else {
            let expected = isFloat ? "[N, \(pictureShape.map(String.init).joined(separator: ", "))]" : "[N] or [N, 1]"
            throw Rejection(.badRequest, "The input has the shape \(shape); \(expected) is expected.")
        }
        return count
    }

    private func inputs(_ count: Int, _ datatype: Datatype, binary: ArraySlice<UInt8>) throws(Rejection) -> [JobInput] {
        let size = binarySize ?? binary.count
        guard size == binary.count, !binary.isEmpty else {
            throw Rejection(
                .badRequest,
                "binary_data_size is \(size), but \(binary.count) bytes follow the JSON; one input must take them all."
            )
        }
        switch datatype {
        case .bytes: return try BinaryTensor.elements(binary, count: count).map { .picture($0) }
        case .float:
            try check(binary.count == count * pictureCount * 4, "\(binary.count) bytes do not fill")
            return (0..<count).map {
                .tensor(BinaryTensor.floats(binary, from: $0 * pictureCount, count: pictureCount))
            }
        }
    }

    private func check(_ isRight: Bool, _ what: String) throws(Rejection) {
        guard isRight else { throw Rejection(.badRequest, "\(what) the shape \(shape ?? []).") }
    }

    private var tooMany: Rejection {
        Rejection(.contentTooLarge, "There are more than \(maxImages) images; send fewer at a time.")
    }
}

/// The bytes of tensors in the binary extension: little-endian, elements of BYTES behind their length.
enum BinaryTensor {
    static func elements(_ bytes: ArraySlice<UInt8>, count: Int) throws(Rejection) -> [ArraySlice<UInt8>] {
        var elements: [ArraySlice<UInt8>] = []
        var rest = bytes
        while !rest.isEmpty {
            guard rest.count >= 4, elements.count < count else { break }
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard length <= rest.count else { break }
            elements.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        guard rest.isEmpty, elements.count == count else {
            throw Rejection(
                .badRequest,
                "The binary data are not \(count) elements, each behind its length in 4 bytes."
            )
        }
        return elements
    }

    /// - Precondition: the bytes hold so many numbers from that place on.
    static func floats(_ bytes: ArraySlice<UInt8>, from start: Int, count: Int) -> [Float] {
        bytes.withUnsafeBytes { bytes in
            [Float](unsafeUninitializedCapacity: count) { values, initialized in
                for index in 0..<count {
                    let bits = bytes.loadUnaligned(fromByteOffset: (start + index) * 4, as: UInt32.self)
                    values.initializeElement(at: index, to: Float(bitPattern: UInt32(littleEndian: bits)))
                }
                initialized = count
            }
        }
    }

    static func append(_ values: [Float], to bytes: inout [UInt8]) {
        #if _endian(little)
            values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        #else
            for value in values { append(value.bitPattern, to: &bytes) }
        #endif
    }

    static func append(_ element: String, to bytes: inout [UInt8]) {
        append(UInt32(truncatingIfNeeded: element.utf8.count), to: &bytes)
        bytes.append(contentsOf: element.utf8)
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
