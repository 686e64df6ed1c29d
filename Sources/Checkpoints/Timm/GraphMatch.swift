import ModelGraph

/// Finds the layers of one graph in a network that computes the same, and gives their tensors its names.
///
/// Batch normalisation may be folded into the network's convolutions: then the graph gets one that only adds the bias.
/// Its epsilon may differ, which the variance makes good; and so may the way in which the same border is described.
struct GraphMatch {
    private let network: Network
    private let shapes: [FeatureShape]
    /// The network's layers that have no partner yet, by each of their inputs, in order.
    private var readers: [Value: [Node]] = [:]
    /// The network's values, by those of the graph.
    private var partners = [Graph.input: Graph.input]
    /// Biases of the network's convolutions that the graph leaves to batch normalisation, by what they give.
    private var biases: [Value: String] = [:]
    private var weights = Weights()

    /// The network's weights by the names of a graph; nil if the two do not compute the same.
    static func weights(of network: Network, for graph: Graph) throws(GraphError) -> Weights? {
        var match = GraphMatch(network, shapes: try network.graph.shapes())
        for node in graph.nodes {
            guard let output = try match.partner(of: node) else { return nil }
            match.partners[node.output] = output
        }
        let embedding = match.partners[graph.embedding]
        let logits = graph.logits.map { match.partners[$0] } ?? nil
        guard embedding == network.graph.embedding, logits == network.graph.logits else { return nil }
        return match.weights
    }

    private init(_ network: Network, shapes: [FeatureShape]) {
        self.network = network
        self.shapes = shapes
        for node in network.graph.nodes {
            for input in Set(node.inputs) { readers[input, default: []].append(node) }
        }
    }

    /// What the network's layer gives that does what a node does.
    private mutating func partner(of node: Node) throws(GraphError) -> Value? {
        let inputs = node.inputs.compactMap { partners[$0] }
        guard inputs.count == node.inputs.count, let input = inputs.first else { return nil }
        switch node.operation {
        case .convolution(let mine): return convolution(mine, input)
        case .batchNormalization(let mine): return try batchNormalization(mine, input)
        case .add: return take(input) { $0.operation == .add && Set($0.inputs) == Set(inputs) }?.output
        case .pool(let mine):
            let shape = shapes[input.index]
            return take(input) { reader in
                guard case .pool(let theirs) = reader.operation else { return false }
                return mine.isSame(as: theirs, input: shape)
            }?.output
        case .activation, .scaleChannels, .globalAveragePool, .affine, .concatenate, .convert:
            return take(input) { $0.operation == node.operation && $0.inputs == inputs }?.output
        }
    }

    private mutating func convolution(_ mine: Convolution, _ input: Value) -> Value? {
        var found: Convolution?
        let (shape, stored) = (shapes[input.index], network.weights)
        let node = take(input) { reader in
            guard case .convolution(let theirs) = reader.operation, mine.isSame(as: theirs, input: shape),
                stored[theirs.weight]?.shape == mine.weightShape(inputChannels: shape.channels),
                mine.bias == nil || theirs.bias != nil
            else { return false }
            found = theirs
            return true
        }
        guard let node, let found else { return nil }
        weights[mine.weight] = stored[found.weight]
        if let name = mine.bias {
            weights[name] = found.bias.flatMap { stored[$0] }
        } else {
            biases[node.output] = found.bias
        }
        return node.output
    }

    private mutating func batchNormalization(_ mine: BatchNormalization, _ input: Value) throws(GraphError) -> Value? {
        let channels = shapes[input.index].channels
        if biases[input] == nil {
            var found: BatchNormalization?
            let node = take(input) { reader in
                guard case .batchNormalization(let theirs) = reader.operation else { return false }
                found = theirs
                return true
            }
            if let node, let found {
                for suffix in [".weight", ".bias", ".running_mean", ".running_var"] {
                    weights[mine.prefix + suffix] = network.weights[found.prefix + suffix]
                }
                try weights.shiftVariance(of: mine.prefix, by: found.epsilon - mine.epsilon)
                return node.output
            }
        }
        func constant(_ number: Float) -> Tensor {
            Tensor(shape: [channels], floats: [Float](repeating: number, count: channels))
        }
        weights[mine.prefix + ".weight"] = constant(1)
        weights[mine.prefix + ".bias"] = biases[input].flatMap { network.weights[$0] } ?? constant(0)
        weights[mine.prefix + ".running_mean"] = constant(0)
        weights[mine.prefix + ".running_var"] = constant(Float(1 - mine.epsilon))
        return input
    }

    /// The first layer that reads a value, has no partner yet and fits; it is this one's from now on.
    private mutating func take(_ input: Value, where fits: (Node) -> Bool) -> Node? {
        guard let index = readers[input]?.firstIndex(where: fits), let node = readers[input]?[index] else { return nil }
        for input in Set(node.inputs) { readers[input]?.removeAll { $0.output == node.output } }
        return node
    }
}

extension Padding {
    /// Rows or columns that windows see before and after an extent.
    fileprivate func seen(input: Int, kernel: Int, stride: Int, vertical: Bool) -> [Int] {
        let (before, after) = amounts(input: input, kernel: kernel, stride: stride, vertical: vertical)
        // Rows that no window reaches do not count.
        return [before, after - (input + before + after - kernel) % max(stride, 1)]
    }

    /// Whether windows of this kind see the same pixels of an input.
    fileprivate func isSame(
        as other: Padding,
        input: FeatureShape,
        kernel: (height: Int, width: Int),
        stride: Int
    ) -> Bool {
        [(input.height, kernel.height, true), (input.width, kernel.width, false)].allSatisfy {
            extent,
            kernel,
            isVertical in
            seen(input: extent, kernel: kernel, stride: stride, vertical: isVertical)
                == other.seen(input: extent, kernel: kernel, stride: stride, vertical: isVertical)
        }
    }
}

extension Convolution {
    /// Whether both do the same, whatever their weights and biases are called.
    fileprivate func isSame(as other: Convolution, input: FeatureShape) -> Bool {
        let kernel = (kernelHeight, kernelWidth)
        var other = other
        guard padding.isSame(as: other.padding, input: input, kernel: kernel, stride: stride) else { return false }
        other.padding = padding
        other.weight = weight
        other.bias = bias
        return self == other
    }
}

extension Pool {
    fileprivate func isSame(as other: Pool, input: FeatureShape) -> Bool {
        let kernel = (kernelHeight, kernelWidth)
        var other = other
        guard padding.isSame(as: other.padding, input: input, kernel: kernel, stride: stride) else { return false }
        other.padding = padding
        // The border is never the maximum.
        if kind == .maximum { other.countsPadding = countsPadding }
        return self == other
    }
}

extension Weights {
    fileprivate mutating func shiftVariance(of prefix: String, by difference: Double) throws(GraphError) {
        guard difference != 0, let tensor = self[prefix + ".running_var"] else { return }
        let values = try floats(prefix + ".running_var", shape: tensor.shape)
        self[prefix + ".running_var"] = Tensor(
            shape: tensor.shape,
            floats: values.map { Float(Double($0) + difference) }
        )
    }
}
