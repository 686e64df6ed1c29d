/// The decoded `name=value` pairs of a query, in the order sent.
package struct QueryParameters: Sendable, Equatable {
    package var pairs: [(name: String, value: String)]

    package init(pairs: [(name: String, value: String)] = []) {
        self.pairs = pairs
    }

    /// The value of the first pair of this name.
    package subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    package static func == (left: QueryParameters, right: QueryParameters) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }
}
