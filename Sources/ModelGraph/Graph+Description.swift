extension Graph: CustomStringConvertible {
    /// One line a node: name, operator, inputs and the output's shape.
    package var description: String {
        let shapes = try? shapes()
        let lines = nodes.map { node in
            let inputs = node.inputs.map { "%\($0.index)" }.joined(separator: ", ")
            let shape = shapes.map { " : \($0[node.output.index])" } ?? ""
            return "%\(node.output.index) = \(node.operation) (\(inputs))\(shape)  # \(node.name)"
        }
        return (["graph \(name), input %0 : \(inputShape)"] + lines).joined(separator: "\n")
    }
}

extension FeatureShape: CustomStringConvertible {
    package var description: String { "\(channels)×\(height)×\(width)" }
}

extension Operator: CustomStringConvertible {
    package var description: String {
        switch self {
        case .convolution(let convolution):
            var text = convolution.isFullyConnected ? "linear" : "convolution"
            if convolution.groups > 1 { text += " in \(convolution.groups) groups" }
            if !convolution.isFullyConnected {
                text += " \(convolution.kernelHeight)×\(convolution.kernelWidth)/\(convolution.stride)"
            }
            if convolution.affine != nil { text += " + affine" }
            if convolution.activation != .identity { text += " + \(convolution.activation.rawValue)" }
            return text
        case .batchNormalization(let normalization): return "batch norm, epsilon \(normalization.epsilon)"
        case .activation(let function): return function.rawValue
        case .add: return "add"
        case .scaleChannels: return "scale channels"
        case .globalAveragePool: return "global average pool"
        case .pool(let pool): return "\(pool.kind) pool \(pool.kernelHeight)×\(pool.kernelWidth)/\(pool.stride)"
        case .affine: return "affine"
        case .concatenate: return "concatenate"
        case .convert: return "convert"
        }
    }
}
