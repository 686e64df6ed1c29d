/// Parses the JSON of a safetensors header: an object of tensor descriptions, no deeper than the format needs.
///
/// Stricter than JSON in general: names may not repeat, numbers are whole and not negative, and anything that the format
/// does not define is refused.
struct SafetensorsHeaderParser {
    private let bytes: [UInt8]
    private var position = 0

    /// Dimensions of a tensor, and tensors of a file, at most.
    private static let rankLimit = 16
    private static let tensorLimit = 1 << 16
    /// Bytes of a name or text at most.
    private static let textLimit = 1 << 20

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Parses all the bytes. After the object there may only be white space.
    mutating func header() throws(SafetensorsFlaw) -> SafetensorsHeader {
        var header = SafetensorsHeader()
        var sawMetadata = false
        try members { (parser, name) throws(SafetensorsFlaw) in
            if name == "__metadata__" {
                guard !sawMetadata else { throw SafetensorsFlaw("its metadata is given twice") }
                sawMetadata = true
                header.metadata = try parser.metadata()
            } else {
                let entry = try parser.entry(name)
                guard header.entries.updateValue(entry, forKey: name) == nil else {
                    throw SafetensorsFlaw("tensor \"\(name)\" is described twice")
                }
                guard header.entries.count <= Self.tensorLimit else {
                    throw SafetensorsFlaw("it has more than \(Self.tensorLimit) tensors")
                }
            }
        }
        skipSpace()
        guard position == bytes.count else { throw flaw("the header's end") }
        return header
    }

    private mutating func metadata() throws(SafetensorsFlaw) -> [String: String] {
        var metadata: [String: String] = [:]
        try members { (parser, name) throws(SafetensorsFlaw) in
            guard metadata.updateValue(try parser.string(), forKey: name) == nil else {
                throw SafetensorsFlaw("metadata \"\(name)\" is given twice")
            }
        }
        return metadata
    }

    private mutating func entry(_ tensor: String) throws(SafetensorsFlaw) -> SafetensorsHeader.Entry {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
        try members { (parser, key) throws(SafetensorsFlaw) in
            switch key {
            case "dtype" where type == nil: type = try parser.string()
            case "shape" where shape == nil: shape = try parser.integers(limit: Self.rankLimit)
            case "data_offsets" where offsets == nil: offsets = try parser.integers(limit: 2)
            default: throw SafetensorsFlaw("the description of tensor \"\(tensor)\" has an extra \"\(key)\"")
            }
        }
        guard let type, let shape, let offsets, offsets.count == 2 else {
            throw SafetensorsFlaw("tensor \"\(tensor)\" lacks its dtype, its shape or its two data_offsets")
        }
        return SafetensorsHeader.Entry(type: type, shape: shape, start: offsets[0], end: offsets[1])
    }
}

// JSON's own forms
extension SafetensorsHeaderParser {
    /// Parses an object, calling `member` after each name and colon to parse the value.
    private mutating func members(
        _ member: (inout Self, String) throws(SafetensorsFlaw) -> Void
    ) throws(SafetensorsFlaw) {
        try expect("{")
        if accept("}") { return }
        repeat {
            let name = try string()
            try expect(":")
            try member(&self, name)
        } while accept(",")
        try expect("}")
    }

    private mutating func integers(limit: Int) throws(SafetensorsFlaw) -> [Int] {
        var integers: [Int] = []
        try expect("[")
        if accept("]") { return integers }
        repeat {
            guard integers.count < limit else { throw flaw("at most \(limit) numbers") }
            integers.append(try integer())
        } while accept(",")
        try expect("]")
        return integers
    }

    private mutating func integer() throws(SafetensorsFlaw) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (tens, overflowOfTens) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowOfSum) = tens.addingReportingOverflow(Int(digit))
            guard !overflowOfTens, !overflowOfSum else { throw flaw("a number below 2^63") }
            value = sum
            position += 1
        }
        let digits = position - start
        guard digits > 0, digits == 1 || bytes[start] != UInt8(ascii: "0") else { throw flaw("a whole number") }
        return value
    }

    private mutating func string() throws(SafetensorsFlaw) -> String {
        try expect("\"")
        var units: [UInt8] = []
        while position < bytes.count {
            guard units.count <= Self.textLimit else { throw flaw("a text of at most \(Self.textLimit) bytes") }
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: units, as: UTF8.self) else { throw flaw("text in UTF-8") }
                return string
            case UInt8(ascii: "\\"): units.append(contentsOf: String(try escapedScalar()).utf8)
            case ..<0x20: throw flaw("text without control characters")
            default: units.append(byte)
            }
        }
        throw flaw("a closing quotation mark")
    }

    /// The character that stands after a backslash.
    private mutating func escapedScalar() throws(SafetensorsFlaw) -> Unicode.Scalar {
        guard position < bytes.count else { throw flaw("an escaped character") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try hexadecimalUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            return try surrogatePair(high: unit)
        default: throw flaw("an escape of JSON")
        }
    }

    private mutating func surrogatePair(high: UInt16) throws(SafetensorsFlaw) -> Unicode.Scalar {
        guard bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
            throw flaw("the second half of a surrogate pair")
        }
        position += 2
        let low = try hexadecimalUnit()
        guard UTF16.isLeadSurrogate(high), UTF16.isTrailSurrogate(low),
            let scalar = Unicode.Scalar(0x1_0000 + (UInt32(high & 0x3ff) << 10 | UInt32(low & 0x3ff)))
        else { throw flaw("a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimalUnit() throws(SafetensorsFlaw) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw flaw("four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsFlaw) {
        guard accept(character) else { throw flaw("\"\(character)\"") }
    }

    /// Steps over the character, after white space, if it is next.
    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    private func flaw(_ expected: String) -> SafetensorsFlaw {
        SafetensorsFlaw("its header should have \(expected) at byte \(position)")
    }
}
