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
    /// The shape of the result.
    package func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
        guard let first = inputs.first else { throw .shapeMismatch(node: name, reason: "no input") }
        switch operation {
        case .convolution(let convolution):
            let output = try outputShape(of: convolution, input: first)
            for residual in inputs.dropFirst() where residual != output {
                throw .shapeMismatch(node: name, reason: "residual of shape \(residual), output \(output)")
            }
            return output
        case .batchNormalization, .activation, .affine, .convert:
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
        case .pool(let pool):
            let window = Window(pool)
            return FeatureShape(
                channels: first.channels,
                height: try window.extent(first.height, vertical: true, node: name),
                width: try window.extent(first.width, vertical: false, node: name)
            )
        case .concatenate:
            var joined = first
            for input in inputs.dropFirst() {
                guard input.height == first.height, input.width == first.width else {
                    throw .shapeMismatch(node: name, reason: "features of different sizes \(inputs)")
                }
                joined.channels += input.channels
            }
            return joined
        }
    }

    private func outputShape(
        of convolution: Convolution,
        input: FeatureShape
    ) throws(GraphError) -> FeatureShape {
        guard input.channels % convolution.groups == 0, convolution.outputChannels % convolution.groups == 0 else {
            throw .shapeMismatch(node: name, reason: "\(input.channels) channels in \(convolution.groups) groups")
        }
        let window = Window(convolution)
        return FeatureShape(
            channels: convolution.outputChannels,
            height: try window.extent(input.height, vertical: true, node: name),
            width: try window.extent(input.width, vertical: false, node: name)
        )
    }
}

/// What convolutions and pools have in common: how far apart which pixels they see.
private struct Window {
    let kernelHeight: Int
    let kernelWidth: Int
    let stride: Int
    let padding: Padding

    init(_ convolution: Convolution) {
        kernelHeight = convolution.kernelHeight
        kernelWidth = convolution.kernelWidth
        stride = convolution.stride
        padding = convolution.padding
    }

    init(_ pool: Pool) {
        kernelHeight = pool.kernelHeight
        kernelWidth = pool.kernelWidth
        stride = pool.stride
        padding = pool.padding
    }

    /// The output's rows or columns.
    func extent(_ input: Int, vertical: Bool, node: String) throws(GraphError) -> Int {
        let kernel = vertical ? kernelHeight : kernelWidth
        let (before, after) = padding.amounts(input: input, kernel: kernel, stride: stride, vertical: vertical)
        let padded = input + before + after
        guard padded >= kernel else {
            throw .shapeMismatch(node: node, reason: "input of \(input) is smaller than the kernel of \(kernel)")
        }
        return (padded - kernel) / stride + 1
    }
}
