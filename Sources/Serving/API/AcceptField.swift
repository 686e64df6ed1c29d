import HTTP

/// What media types a client would rather have (RFC 9110 §12.5.1).
struct AcceptField: Sendable {
    private let ranges: [(type: String, quality: Double)]

    /// - Parameter text: the field's value; a client without it takes anything.
    init(_ text: String?) {
        ranges = (text ?? "*/*").split(separator: ",").map { range in
            let parsed = FieldParameters(String(range))
            return (parsed.value, parsed["q"].flatMap(Double.init) ?? 1)
        }
    }

    /// Whether one type is wanted more than another. Of two types that are wanted as much, the one that is named itself
    /// is.
    func prefers(_ type: String, to other: String) -> Bool {
        let (mine, theirs) = (rank(type), rank(other))
        return mine.quality > 0 && mine > theirs
    }

    /// Of the most precise range that the type is in.
    private func rank(_ type: String) -> (quality: Double, precision: Int) {
        let group = type.prefix { $0 != "/" } + "/*"
        for (precision, name) in [(3, type), (2, String(group)), (1, "*/*")] {
            if let range = ranges.first(where: { $0.type == name }) { return (range.quality, precision) }
        }
        return (0, 0)
    }
}
