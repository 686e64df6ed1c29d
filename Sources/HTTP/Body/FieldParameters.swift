/// A field's value and its parameters: `form-data; name="a"; filename="b.jpg"` (RFC 9110 §5.6.6).
package struct FieldParameters: Sendable, Equatable {
    /// What stands before the first semicolon, in lower case.
    package let value: String
    private let parameters: [String: String]

    /// Any text is accepted; what is no parameter is left out, and the first of a name counts.
    package init(_ text: String) {
        var rest = text[...]
        value = Self.take(&rest, until: ";").trimmed.lowercased()
        rest = rest.dropFirst()
        var parameters: [String: String] = [:]
        while !rest.isEmpty {
            let name = Self.take(&rest, until: "=", ";").trimmed.lowercased()
            guard rest.first == "=" else {
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst()
            while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
            let value = rest.first == "\"" ? Self.takeQuoted(&rest) : String(Self.take(&rest, until: ";").trimmed)
            _ = Self.take(&rest, until: ";")
            rest = rest.dropFirst()
            if !name.isEmpty, parameters[name] == nil { parameters[name] = value }
        }
        self.parameters = parameters
    }

    /// The parameter of this name, given in lower case.
    package subscript(name: String) -> String? { parameters[name] }

    /// Removes the text before the first of `ends`, or all of it.
    private static func take(_ text: inout Substring, until ends: Character...) -> Substring {
        let end = text.firstIndex { ends.contains($0) } ?? text.endIndex
        defer { text = text[end...] }
        return text[..<end]
    }

    private static func takeQuoted(_ text: inout Substring) -> String {
        text = text.dropFirst()
        var value = ""
        while let character = text.popFirst(), character != "\"" {
            // Browsers send a backslash as itself, others escape quotes with it.
            if character == "\\", let next = text.first, next == "\"" || next == "\\" {
                value.append(next)
                text = text.dropFirst()
            } else {
                value.append(character)
            }
        }
        return value
    }
}
