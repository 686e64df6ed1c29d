/// An array of 32-bit floats as NumPy stores it (format specification: NumPy Enhancement Proposal 1).
package struct NumPyArray: Sendable, Equatable {
    /// Outermost first; row-major.
    package var shape: [Int]
    package var values: [Float]

    package init(shape: [Int], values: [Float]) {
        self.shape = shape
        self.values = values
    }

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    private static let headerLimit = 64 * 1024
    private static let fileLimit = 16 << 30

    /// Reads an .npy file of little-endian float32 in C order.
    package init(path: String) throws(CheckpointError) {
        let file = try MappedFile(path: path, limit: Self.fileLimit)
        self = try withExtendedLifetime(file) { () throws(CheckpointError) in
            try Self(bytes: file.bytes, path: path)
        }
    }

    /// - Parameter path: named in errors.
    package init(bytes: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
        func malformed(_ problem: String) -> CheckpointError {
            CheckpointError(
                .malformed,
                path: path,
                problem: problem,
                remedy: "Write it with numpy.save as float32 in C order"
            )
        }
        guard bytes.count >= 12, bytes.prefix(6).elementsEqual(Self.magic) else {
            throw malformed("this is not an .npy file")
        }
        let isLong = bytes[6] > 1
        let start = isLong ? 12 : 10
        let length =
            isLong
            ? Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
            : Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
        guard length <= Self.headerLimit, length <= bytes.count - start else {
            throw malformed("the header's length of \(length) bytes is not possible")
        }
        let header = String(decoding: bytes[start..<start + length], as: UTF8.self)
        guard header.contains("'descr': '<f4'") else { throw malformed("the numbers are not little-endian float32") }
        guard header.contains("'fortran_order': False") else { throw malformed("the array is in Fortran order") }
        guard let shape = Self.shape(in: header) else { throw malformed("the header has no valid shape") }

        let data = UnsafeRawBufferPointer(rebasing: bytes[(start + length)...])
        var size = MemoryLayout<Float>.stride
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw malformed("the shape \(shape) is too large") }
            size = product
        }
        guard size == data.count else {
            throw malformed("shape \(shape) needs \(size) bytes, but \(data.count) follow the header")
        }
        self.shape = shape
        values = [Float](unsafeUninitializedCapacity: size / MemoryLayout<Float>.stride) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: data)
            count = size / MemoryLayout<Float>.stride
        }
    }

    /// The tuple behind 'shape': "(1, 3, 224, 224)", "(5,)" or "()".
    private static func shape(in header: String) -> [Int]? {
        let key = "'shape': ("
        guard let keyRange = header.utf8.firstRange(of: key.utf8) else { return nil }
        let tuple = header.utf8[keyRange.upperBound...].prefix { $0 != UInt8(ascii: ")") }
        var shape: [Int] = []
        for part in tuple.split(separator: UInt8(ascii: ",")) {
            let digits = part.filter { $0 != UInt8(ascii: " ") }
            if digits.isEmpty { continue }
            guard let extent = Int(String(decoding: digits, as: UTF8.self)), extent >= 0 else { return nil }
            shape.append(extent)
        }
        return shape
    }

    /// Writes an .npy file, version 1.0, whole or not at all.
    package func write(path: String) throws(CheckpointError) {
        let tuple = shape.map { "\($0), " }.joined()
        var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(tuple)), }".utf8)
        // The data begin at a multiple of 64 bytes; the header ends with a line feed.
        let unpadded = Self.magic.count + 4 + header.count + 1
        header += [UInt8](repeating: UInt8(ascii: " "), count: (64 - unpadded % 64) % 64) + [UInt8(ascii: "\n")]
        let prefix = Self.magic + [1, 0, UInt8(header.count & 0xff), UInt8(header.count >> 8)] + header

        let file = try ReplacementFile(path: path)
        try prefix.span.withUnsafeBytes { bytes throws(CheckpointError) in try file.write(bytes) }
        try values.span.withUnsafeBytes { bytes throws(CheckpointError) in try file.write(bytes) }
        try file.commit()
    }
}

extension Sequence<UInt8> where Self: Collection {
    /// Where a run of bytes first occurs.
    fileprivate func firstRange(of pattern: some Collection<UInt8>) -> Range<Index>? {
        var start = startIndex
        while start != endIndex {
            let rest = self[start...]
            if rest.starts(with: pattern) {
                return start..<rest.index(start, offsetBy: pattern.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
