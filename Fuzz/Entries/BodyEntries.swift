import HTTP
import HTTPTypes

/// A form that somebody sends: its parts lie within the body, one behind the other.
///
/// The first line of the input is the Content-Type, the rest is the body.
enum MultipartEntry {
    static func run(_ bytes: [UInt8]) {
        guard let lineFeed = bytes.firstIndex(of: 0x0A) else { return }
        let contentType = String(decoding: bytes[..<lineFeed], as: UTF8.self)
        let body = Array(bytes[(lineFeed + 1)...])
        guard let form = try? MultipartForm(body, contentType: contentType, maxParts: 8) else { return }
        precondition(form.parts.count <= 8, "too many parts")
        var position = 0
        for part in form.parts {
            precondition(part.content.lowerBound >= position && part.content.upperBound <= body.count, "parts overlap")
            position = part.content.upperBound
        }
    }
}

/// A JSON text that somebody sends: what can be read value by value can be skipped whole.
enum JSONEntry {
    static func run(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { bytes in
            var reader = JSONReader(bytes)
            guard (try? readWhole(&reader)) != nil else { return }
            var skipping = JSONReader(bytes)
            precondition((try? skipWhole(&skipping)) != nil, "a text can be read but not skipped")
        }
        bytes.withUnsafeBufferPointer { bytes in
            var reader = JSONReader(bytes)
            var values: [Float] = []
            _ = try? reader.readFloats(into: &values, limit: 100)
            precondition(values.count <= 100, "more numbers than allowed")
            var base64 = JSONReader(bytes)
            _ = try? base64.readBase64()
        }
    }

    private static func skipWhole(_ reader: inout JSONReader) throws(Rejection) {
        try reader.skipValue()
        try reader.finish()
    }

    private static func readWhole(_ reader: inout JSONReader) throws(Rejection) {
        try readValue(&reader)
        try reader.finish()
    }

    private static func readValue(_ reader: inout JSONReader) throws(Rejection) {
        switch try reader.peek() {
        case .object:
            try reader.beginObject()
            while try reader.nextMember() != nil { try readValue(&reader) }
        case .array:
            try reader.beginArray()
            while try reader.nextElement() { try readValue(&reader) }
        case .string: _ = try reader.readString()
        case .number: _ = try reader.readFloat()
        case .bool: _ = try reader.readBool()
        case .null: try reader.skipValue()
        }
    }
}

/// A compressed body that somebody sends: no more comes out than is allowed.
///
/// The first byte of the input chooses the codings.
enum ContentCodingEntry {
    private static let codings = ["gzip", "deflate", "gzip, deflate", "deflate, gzip"]
    private static let limit = 1 << 16

    static func run(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let codings = codings[Int(first) % codings.count]
        guard let body = try? ContentCoding.decode(Array(bytes.dropFirst()), codings: codings, limit: limit) else {
            return
        }
        precondition(body.count <= limit, "more bytes than allowed")
    }
}
