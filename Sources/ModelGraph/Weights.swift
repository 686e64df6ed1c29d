/// The tensors of a model by their names.
package struct Weights: Sendable {
    private var tensors: [String: Tensor]

    package init(_ tensors: [String: Tensor] = [:]) {
        self.tensors = tensors
    }

    package subscript(name: String) -> Tensor? {
        get { tensors[name] }
        set { tensors[name] = newValue }
    }

    /// All names, sorted.
    package var names: [String] { tensors.keys.sorted() }

    package var count: Int { tensors.count }
}
