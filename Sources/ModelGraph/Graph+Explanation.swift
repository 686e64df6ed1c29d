extension Graph {
    /// The features whose means over all pixels are all that the classifier sees: there each logit is, but for its
    /// bias, the mean of what every pixel adds to it. nil for networks that end in another way.
    package var explainableFeatures: Value? {
        guard let logits, let classifier = nodes.last(where: { $0.output == logits }),
            case .convolution(let linear) = classifier.operation, classifier.inputs.map(unconverted) == [embedding],
            linear.groups == 1, linear.kernelHeight == 1, linear.kernelWidth == 1, linear.activation == .identity,
            let pool = nodes.last(where: { $0.output == embedding }), case .globalAveragePool = pool.operation,
            pool.inputs[0] != Graph.input
        else { return nil }
        return pool.inputs[0]
    }

    /// The value that a node only converts, or the value itself.
    private func unconverted(_ value: Value) -> Value {
        guard let node = nodes.last(where: { $0.output == value }), case .convert = node.operation else {
            return value
        }
        return node.inputs[0]
    }
}
