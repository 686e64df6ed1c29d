internal import ModelGraph

extension Model {
    /// Turns batch normalisation, fixed factors and biases into one scale and shift per channel of the convolution before.
    ///
    /// Where a convolution's stored weights are 8-bit integers, scale and shift are those of its quantisation, which has
    /// the others in it.
    func foldingBatchNormalization() throws(GraphError) -> Model {
        var model = self
        let shapes = try graph.shapes()
        var nodes: [Node] = []
        /// Where in `nodes` the convolution that made a value stands.
        var producers: [Value: Int] = [:]
        var integerValues: Set<Value> = []
        func fold(_ next: ChannelAffine, _ distribution: ChannelDistribution? = nil, of node: Node) {
            guard let index = node.inputs.first.flatMap({ producers[$0] }), graph.uses(of: nodes[index].output) == 1,
                case .convolution(var convolution) = nodes[index].operation, let affine = convolution.affine
            else {
                var node = node
                node.operation = .affine(next)
                nodes.append(node)
                return
            }
            convolution.affine = affine.followed(by: next)
            convolution.distribution = distribution
            nodes[index].operation = .convolution(convolution)
            nodes[index].output = node.output
            producers[node.output] = index
        }
        for node in graph.nodes {
            switch node.operation {
            case .convolution(var convolution):
                convolution.affine = try affine(of: node, convolution)
                if isInteger(node, convolution) { integerValues.insert(node.output) }
                var node = node
                node.operation = .convolution(convolution)
                producers[node.output] = nodes.count
                nodes.append(node)
            case .batchNormalization where integerValues.contains(node.inputs[0]):
                fold(.identity(channels: shapes[node.output.index].channels), of: node)
            case .batchNormalization(let normalization):
                let channels = shapes[node.output.index].channels
                fold(
                    try normalization.affine(weights: weights, channels: channels),
                    try normalization.distribution(weights: weights, channels: channels),
                    of: node
                )
            case .affine(let affine):
                fold(affine, of: node)
            case .activation, .add, .scaleChannels, .globalAveragePool, .pool, .concatenate, .convert:
                nodes.append(node)
            }
        }
        model.graph.nodes = nodes
        return model
    }

    private func isInteger(_ node: Node, _ convolution: Convolution) -> Bool {
        quantization?.layers[node.name] != nil && weights[convolution.weight]?.elementType == .int8
    }

    /// What a convolution's own tensors say is done to its sums.
    private func affine(of node: Node, _ convolution: Convolution) throws(GraphError) -> ChannelAffine {
        if isInteger(node, convolution), let layer = quantization?.layers[node.name] {
            return ChannelAffine(scale: layer.scales, shift: layer.shifts)
        }
        var affine = ChannelAffine.identity(channels: convolution.outputChannels)
        if let bias = convolution.bias {
            affine.shift = try weights.floats(bias, shape: [convolution.outputChannels])
        }
        return affine
    }
}

extension BatchNormalization {
    fileprivate func affine(weights: Weights, channels: Int) throws(GraphError) -> ChannelAffine {
        let weight = try weights.floats(prefix + ".weight", shape: [channels])
        let bias = try weights.floats(prefix + ".bias", shape: [channels])
        let mean = try weights.floats(prefix + ".running_mean", shape: [channels])
        let variance = try weights.floats(prefix + ".running_var", shape: [channels])
        var affine = ChannelAffine(scale: [], shift: [])
        for channel in 0..<channels {
            let scale = Double(weight[channel]) / (Double(variance[channel]) + epsilon).squareRoot()
            affine.scale.append(Float(scale))
            affine.shift.append(Float(Double(bias[channel]) - Double(mean[channel]) * scale))
        }
        return affine
    }

    /// Of the outputs.
    fileprivate func distribution(weights: Weights, channels: Int) throws(GraphError) -> ChannelDistribution {
        ChannelDistribution(
            means: try weights.floats(prefix + ".bias", shape: [channels]),
            deviations: try weights.floats(prefix + ".weight", shape: [channels]).map(abs)
        )
    }
}

extension ChannelAffine {
    /// Changes nothing.
    fileprivate static func identity(channels: Int) -> ChannelAffine {
        ChannelAffine(scale: [Float](repeating: 1, count: channels), shift: [Float](repeating: 0, count: channels))
    }

    fileprivate func followed(by next: ChannelAffine) -> ChannelAffine {
        ChannelAffine(
            scale: zip(scale, next.scale).map { $0 * $1 },
            shift: zip(shift, zip(next.scale, next.shift)).map { $0 * $1.0 + $1.1 }
        )
    }
}

extension Graph {
    /// How many nodes and outputs read a value.
    func uses(of value: Value) -> Int {
        let reads = nodes.reduce(0) { count, node in count + node.inputs.count { $0 == value } }
        return reads + (embedding == value ? 1 : 0) + (logits == value ? 1 : 0)
    }
}
