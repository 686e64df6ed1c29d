import Glibc

extension Span where Element == UInt8 {
    /// The first place of `byte` at or after `start`; nil when there is none.
    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count else { return nil }
        return withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(byte), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// The bytes as text; nil when they are no valid UTF-8.
    var validatedString: String? {
        withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
    }

    /// The bytes as text, each sequence that is no UTF-8 replaced by U+FFFD.
    var repairedString: String {
        withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    var isASCII: Bool {
        var union: UInt8 = 0
        for index in indices { union |= self[index] }
        return union < 0x80
    }

    /// Whether the bytes are the UTF-8 of `text`.
    func equals(_ text: String) -> Bool {
        let expected = text.utf8.span
        guard count == expected.count else { return false }
        for index in indices where self[index] != expected[index] { return false }
        return true
    }

    /// Whether the bytes are `text`, ASCII letters compared without case. `text` is given in lower case.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for index in indices {
                let byte = self[index]
                guard (byte.isLetter ? byte.lowercased : byte) == expected[index] else { return false }
            }
            return true
        }
    }

    func allSatisfy(_ condition: (UInt8) -> Bool) -> Bool {
        for index in indices where !condition(self[index]) { return false }
        return true
    }
}

extension [UInt8] {
    mutating func append(contentsOf bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(copying: $0) }
    }

    mutating func append(contentsOf text: StaticString) {
        text.withUTF8Buffer { append(copying: $0) }
    }

    /// Much quicker than `append(contentsOf:)` for a few bytes, which looks for the fastest way first.
    private mutating func append(copying bytes: UnsafeBufferPointer<UInt8>) {
        append(addingCapacity: bytes.count) { room in
            room.withUnsafeMutableBufferPointer { buffer, count in
                count = buffer.initialize(fromContentsOf: bytes)
            }
        }
    }
}
