internal import ModelGraph

extension Graph {
    /// Puts a node before each layer of bytes that reads means over pixels: those stay floats for who else reads them.
    func quantizingMeans(_ quantization: Quantization) -> Graph {
        var graph = self
        var means: Set<Value> = []
        var quantized: [Value: Value] = [:]
        var next = (nodes.map(\.output.index).max() ?? 0) + 1
        graph.nodes = nodes.flatMap { node in
            if case .globalAveragePool = node.operation, quantization.features[node.name] != nil {
                means.insert(node.output)
            }
            guard case .convolution = node.operation, quantization.layers[node.name] != nil,
                means.contains(node.inputs[0])
            else { return [node] }
            var reader = node
            if let known = quantized[node.inputs[0]] {
                reader.inputs[0] = known
                return [reader]
            }
            let bytes = Value(index: next)
            next += 1
            quantized[node.inputs[0]] = bytes
            let name = "\(node.name).input"
            let quantizer = Node(name: name, operation: .quantize, inputs: [node.inputs[0]], output: bytes)
            reader.inputs[0] = bytes
            return [quantizer, reader]
        }
        return graph
    }
}
