/// How a model's classes are called: by their labels, by the identifiers that data sets use (such as WordNet's
/// "n01440764"), and by their index.
package struct ClassNames: Sendable {
    package enum Match: Sendable, Equatable {
        case index(Int)
        case none
        /// A label that several classes have.
        case several([Int])
    }

    package let count: Int
    private let labels: [String]
    /// The labels as they are, and folded.
    private var byLabel: [String: [Int]] = [:]
    private var byFoldedLabel: [String: [Int]] = [:]
    private var byIdentifier: [String: Int] = [:]

    /// - Parameters:
    ///   - labels: one a class, or none at all.
    ///   - identifiers: one a class, or none at all.
    package init(count: Int, labels: [String] = [], identifiers: [String] = []) {
        self.count = count
        self.labels = labels
        for (index, label) in labels.enumerated() {
            byLabel[label, default: []].append(index)
            byFoldedLabel[Self.folded(label), default: []].append(index)
        }
        for (index, identifier) in identifiers.enumerated() where !identifier.isEmpty {
            byIdentifier[identifier] = byIdentifier[identifier] ?? index
        }
    }

    /// "class 7" where there are no labels.
    package func label(of index: Int) -> String {
        labels.indices.contains(index) ? labels[index] : "class \(index)"
    }

    /// The class that a text means. A label is first looked for, then one of another case and with spaces for underscores,
    /// then an identifier, which may be followed by an underscore and more, as in "n01440764_tench"; then an index.
    package func match(_ text: String) -> Match {
        if let indices = byLabel[text] ?? byFoldedLabel[Self.folded(text)] {
            return indices.count == 1 ? .index(indices[0]) : .several(indices)
        }
        if let index = byIdentifier[text] ?? text.firstIndex(of: "_").flatMap({ byIdentifier[String(text[..<$0])] }) {
            return .index(index)
        }
        guard let index = Int(text), (0..<count).contains(index) else { return .none }
        return .index(index)
    }

    private static func folded(_ label: String) -> String {
        String(label.lowercased().map { $0 == "_" ? " " : $0 })
    }
}
