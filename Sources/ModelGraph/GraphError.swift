/// What is wrong with a graph, or with a graph and weights together.
package enum GraphError: Error, Equatable, CustomStringConvertible {
    /// A node's inputs do not fit its operator.
    case shapeMismatch(node: String, reason: String)
    /// A tensor that a node names is not in the checkpoint.
    case missingTensor(name: String)
    /// A tensor has another shape than its node needs.
    case wrongShape(name: String, expected: [Int], got: [Int])
    /// A tensor's numbers are of a type that cannot be used here.
    case wrongElementType(name: String, got: String)

    package var description: String {
        switch self {
        case .shapeMismatch(let node, let reason):
            "layer \(node) does not fit its input: \(reason)"
        case .missingTensor(let name):
            "the checkpoint has no tensor \(name); check that it is of the architecture that is stated"
        case .wrongShape(let name, let expected, let got):
            "tensor \(name) has shape \(got), but this architecture needs \(expected); check the architecture, the number "
                + "of classes and the input's channels that are stated"
        case .wrongElementType(let name, let got):
            "tensor \(name) holds \(got) numbers; float32, float16 or bfloat16 are needed"
        }
    }
}
