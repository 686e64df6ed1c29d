/// The decoded `name=value` pairs of a query, in the order sent.
package struct QueryParameters: Sendable, Equatable {
    package var pairs: [(name: String, value: String)]

    package init(pairs: [(name: String, value: String)] = []) {
        self.pairs = pairs
    }

    /// Reads `a=1&b=2` as forms are decoded: "+" is a space, a broken escape stands for itself, bytes that are no UTF-8
    /// become U+FFFD, a name without "=" has an empty value. Any text is accepted.
    package init(parsing query: some StringProtocol) {
        pairs = query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
            let bytes = Array(pair)
            let text = bytes.span
            let equals = text.firstIndex(of: UInt8(ascii: "="))
            return (
                name: PercentCoding.decodeForm(text.extracting(..<(equals ?? text.count))),
                value: equals.map { PercentCoding.decodeForm(text.extracting(($0 + 1)...)) } ?? ""
            )
        }
    }

    /// The value of the first pair of this name.
    package subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    package static func == (left: QueryParameters, right: QueryParameters) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }
}
