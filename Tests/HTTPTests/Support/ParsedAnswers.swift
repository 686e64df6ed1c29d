/// The answers in a stream of bytes, as a client reads them.
struct ParsedAnswer: Equatable {
    var status: Int
    var fields: [String: String]
    var body: String

    /// Reads all answers in `bytes`; nil when one is cut off or malformed.
    /// - Parameter bodyless: places in the order of final answers that have no body in spite of Content-Length (HEAD).
    static func all(in bytes: [UInt8], bodyless: Set<Int> = []) -> [ParsedAnswer]? {
        var answers: [ParsedAnswer] = []
        var finals = 0
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = headEnd(in: rest) else { return nil }
            let lines = String(decoding: rest[..<(end - 4)], as: UTF8.self).split(separator: "\r\n")
            rest = rest[end...]
            guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3))
            else { return nil }
            var fields: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                fields[line[..<colon].lowercased()] = String(value)
            }
            let isFinal = status >= 200
            let length = isFinal && !bodyless.contains(finals) ? Int(fields["content-length"] ?? "0") ?? 0 : 0
            guard rest.count >= length else { return nil }
            answers.append(
                ParsedAnswer(status: status, fields: fields, body: String(decoding: rest.prefix(length), as: UTF8.self))
            )
            rest = rest.dropFirst(length)
            if isFinal { finals += 1 }
        }
        return answers
    }

    /// The place behind the first blank line.
    static func headEnd(in bytes: ArraySlice<UInt8>) -> Int? {
        let mark: [UInt8] = [13, 10, 13, 10]
        guard bytes.count >= 4 else { return nil }
        for start in bytes.startIndex...(bytes.endIndex - 4) where bytes[start..<(start + 4)].elementsEqual(mark) {
            return start + 4
        }
        return nil
    }
}
