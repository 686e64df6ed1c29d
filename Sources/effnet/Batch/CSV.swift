/// Lines of fields with commas between (RFC 4180).
enum CSV {
    static func line(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: ",")
    }

    private static func quoted(_ field: String) -> String {
        let special: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        guard field.utf8.contains(where: special.contains) else { return field }
        let doubled = field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"\(doubled)\""
    }

    /// The records of a text; blank lines do not count. What follows a closing quote up to the next comma is taken as
    /// it is.
    static func records(_ text: [UInt8]) -> [[String]] {
        var records: [[String]] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        func isBlank() -> Bool { fields.isEmpty && field.isEmpty }
        func endField() {
            fields.append(String(decoding: field, as: UTF8.self))
            field.removeAll()
        }
        func endRecord() {
            guard !isBlank() else { return }
            endField()
            records.append(fields)
            fields.removeAll()
        }
        var rest = text[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && rest.first == UInt8(ascii: "\""):
                field.append(byte)
                rest = rest.dropFirst()
            case UInt8(ascii: "\"") where isQuoted || field.isEmpty: isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted: endField()
            case UInt8(ascii: "\n") where !isQuoted: endRecord()
            case UInt8(ascii: "\r") where !isQuoted && rest.first == UInt8(ascii: "\n"): break
            default: field.append(byte)
            }
        }
        endRecord()
        return records
    }
}
