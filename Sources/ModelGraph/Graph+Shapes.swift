extension Graph {
    /// The shape of every value, by value index.
    package func shapes() throws(GraphError) -> [FeatureShape] {
        var shapes = [Value: FeatureShape]()
        shapes[Graph.input] = inputShape
        for node in nodes {
            var inputs: [FeatureShape] = []
            for value in node.inputs {
                guard let shape = shapes[value] else {
                    throw .shapeMismatch(node: node.name, reason: "value \(value.index) is used before it is made")
                }
                inputs.append(shape)
            }
            shapes[node.output] = try node.outputShape(inputs)
        }
        let last = nodes.map(\.output.index).max() ?? 0
        return (0...last).map { shapes[Value(index: $0)] ?? FeatureShape(channels: 0, height: 0, width: 0) }
    }
}

extension Node {
    fileprivate func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
        guard let first = inputs.first else { throw .shapeMismatch(node: name, reason: "no input") }
        switch operation {
        case .convolution(let convolution):
            let output = try outputShape(of: convolution, input: first)
            for residual in inputs.dropFirst() where residual != output {
                throw .shapeMismatch(node: name, reason: "residual of shape \(residual), output \(output)")
            }
            return output
        case .batchNormalization, .activation:
            return first
        case .add:
            guard inputs.count == 2, inputs[1] == first else {
                throw .shapeMismatch(node: name, reason: "sum of different shapes \(inputs)")
            }
            return first
        case .scaleChannels:
            guard inputs.count == 2, inputs[1] == FeatureShape(channels: first.channels, height: 1, width: 1) else {
                throw .shapeMismatch(node: name, reason: "factors of shape \(inputs.dropFirst()), features \(first)")
            }
            return first
        case .globalAveragePool:
            return FeatureShape(channels: first.channels, height: 1, width: 1)
        }
    }

    private func outputShape(
        of convolution: Convolution,
        input: FeatureShape
    ) throws(GraphError) -> FeatureShape {
        func extent(_ input: Int, _ kernel: Int, vertical: Bool) throws(GraphError) -> Int {
            let stride = convolution.stride
            let (before, after) = convolution.padding.amounts(
                input: input,
                kernel: kernel,
                stride: stride,
                vertical: vertical
            )
            let padded = input + before + after
            guard padded >= kernel else {
                throw .shapeMismatch(node: name, reason: "input of \(input) is smaller than the kernel of \(kernel)")
            }
            return (padded - kernel) / stride + 1
        }
        guard input.channels % convolution.groups == 0, convolution.outputChannels % convolution.groups == 0 else {
            throw .shapeMismatch(node: name, reason: "\(input.channels) channels in \(convolution.groups) groups")
        }
        return FeatureShape(
            channels: convolution.outputChannels,
            height: try extent(input.height, convolution.kernelHeight, vertical: true),
            width: try extent(input.width, convolution.kernelWidth, vertical: false)
        )
    }
}
