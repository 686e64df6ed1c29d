import HTTPTypes

/// Reads a JSON text piece by piece (RFC 8259), strictly and without building a tree: the caller asks for what it
/// expects. A copy of a reader is a bookmark.
///
///     try reader.beginObject()
///     while let name = try reader.nextMember() { … read or skip the value … }
///     try reader.finish()
package struct JSONReader {
    package enum Kind: Sendable, Equatable {
        case object, array, string, number, bool, null
    }

    /// Objects and arrays inside each other.
    package static let maxDepth = 32

    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    private var depth = 0
    /// One bit a level, the innermost last: whether nothing of it has been read.
    private var untouched: UInt64 = 0

    /// - Parameter bytes: must stay valid while the reader is used.
    package init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    // MARK: Structure

    /// What comes next.
    package mutating func peek() throws(Rejection) -> Kind {
        switch try nextByte() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: throw broken("a value is expected")
        }
    }

    package mutating func beginObject() throws(Rejection) {
        try begin(UInt8(ascii: "{"), "an object")
    }

    /// The name of the object's next member, whose value comes next; nil behind the last one, which ends the object.
    package mutating func nextMember() throws(Rejection) -> String? {
        guard try advance(to: UInt8(ascii: "}")) else { return nil }
        let name = try readString(limit: 1024)
        guard try nextByte() == UInt8(ascii: ":") else { throw broken("a colon is expected") }
        position += 1
        return name
    }

    package mutating func beginArray() throws(Rejection) {
        try begin(UInt8(ascii: "["), "an array")
    }

    /// Whether the array has another element, which comes next; if not, the array has ended.
    package mutating func nextElement() throws(Rejection) -> Bool {
        try advance(to: UInt8(ascii: "]"))
    }

    /// Checks that nothing but white space is left.
    package mutating func finish() throws(Rejection) {
        skipSpace()
        guard position == bytes.count else { throw broken("something follows its end") }
    }

    private mutating func begin(_ opening: UInt8, _ what: String) throws(Rejection) {
        guard try nextByte() == opening else { throw broken("\(what) is expected") }
        guard depth < Self.maxDepth else { throw broken("it is nested more than \(Self.maxDepth) levels deep") }
        position += 1
        depth += 1
        untouched = untouched << 1 | 1
    }

    /// Steps over a comma; false behind the closing bracket.
    private mutating func advance(to closing: UInt8) throws(Rejection) -> Bool {
        let byte = try nextByte()
        if byte == closing {
            position += 1
            depth -= 1
            untouched >>= 1
            return false
        }
        if untouched & 1 == 1 {
            untouched &= ~1
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw broken("a comma or a closing bracket is expected") }
        position += 1
        guard try nextByte() != closing else { throw broken("nothing follows a comma") }
        return true
    }

    // MARK: Values

    package mutating func readBool() throws(Rejection) -> Bool {
        if try nextByte() == UInt8(ascii: "t") {
            try take("true")
            return true
        }
        try take("false")
        return false
    }

    /// A whole number, written without fraction and exponent.
    package mutating func readInteger() throws(Rejection) -> Int {
        guard try peek() == .number else { throw broken("a whole number is expected") }
        let start = position
        try skipNumber()
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Int(text) else { throw broken("\(text.prefix(32)) is no whole number that can be read") }
        return value
    }

    /// Steps over one value of any kind, checking it.
    package mutating func skipValue() throws(Rejection) {
        switch try peek() {
        case .object:
            try beginObject()
            while try nextMember() != nil { try skipValue() }
        case .array:
            try beginArray()
            while try nextElement() { try skipValue() }
        case .string: _ = try scanString()
        case .number: try skipNumber()
        case .bool: _ = try readBool()
        case .null: try take("null")
        }
    }

    // MARK: Bytes

    mutating func nextByte() throws(Rejection) -> UInt8 {
        skipSpace()
        guard position < bytes.count else { throw broken("it is cut short") }
        return bytes[position]
    }

    mutating func skipSpace() {
        while position < bytes.count, bytes[position].isJSONSpace { position += 1 }
    }

    private mutating func take(_ word: StaticString) throws(Rejection) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard position + offset < bytes.count, bytes[position + offset] == word.utf8Start[offset] else {
                throw broken("\(word) is expected")
            }
        }
        position += word.utf8CodeUnitCount
    }

    func broken(_ reason: String) -> Rejection {
        Rejection(.badRequest, "The JSON is broken at byte \(position): \(reason).")
    }
}

extension UInt8 {
    var isJSONSpace: Bool {
        self == .space || self == .lineFeed || self == .carriageReturn || self == .tab
    }
}
