internal import ModelGraph

extension Graph {
    /// Puts a node before each layer of bytes that reads means over pixels: those stay floats for who else reads them.
    func quantizingMeans(_ quantization: Quantization) -> Graph {
        converting(
            means: { quantization.features[$0.name] != nil },
            readers: { quantization.layers[$0.name] != nil }
        )
    }

    /// Puts a node before a classifier that reads means over pixels, whose many weights are then stored in bf16.
    func roundingClassifierInput() -> Graph {
        converting(means: { _ in true }, readers: { $0.output == logits })
    }

    /// Puts a conversion between means over pixels and convolutions that read them.
    private func converting(means isMean: (Node) -> Bool, readers isReader: (Node) -> Bool) -> Graph {
        var graph = self
        var means: Set<Value> = []
        var converted: [Value: Value] = [:]
        var next = (nodes.map(\.output.index).max() ?? 0) + 1
        graph.nodes = nodes.flatMap { node in
            if case .globalAveragePool = node.operation, isMean(node) { means.insert(node.output) }
            guard case .convolution = node.operation, isReader(node), means.contains(node.inputs[0]) else {
                return [node]
            }
            var reader = node
            if let known = converted[node.inputs[0]] {
                reader.inputs[0] = known
                return [reader]
            }
            let value = Value(index: next)
            next += 1
            converted[node.inputs[0]] = value
            let name = "\(node.name).input"
            let converter = Node(name: name, operation: .convert, inputs: [node.inputs[0]], output: value)
            reader.inputs[0] = value
            return [converter, reader]
        }
        return graph
    }
}
