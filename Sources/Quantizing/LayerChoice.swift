package import Engine
package import ModelGraph

/// Which convolutions of an optimised graph multiply integers, and which values are stored in 8 bits for that.
package struct LayerChoice {
    /// Convolutions that do not multiply integers: why, by the node's name.
    package private(set) var reasons: [String: String] = [:]
    /// Nodes that multiply integers, by their names.
    package private(set) var layers: Set<String> = []
    /// Values that are stored in 8 bits, or mapped to them for their reader.
    package private(set) var narrowValues: Set<Value> = []

    private let graph: Graph

    /// - Parameters:
    ///   - picture: what bytes of the picture would stand for; nil if they cannot stand for it.
    ///   - wide: names of layers that shall not multiply integers.
    package init(_ graph: Graph, picture: InputBytes?, wide: Set<String>) throws(GraphError) {
        self.graph = graph
        let shapes = try graph.shapes()
        // What may be integers; the engine says what it makes of that.
        var candidates = Quantization()
        for node in graph.nodes {
            candidates.features[node.name] = Quantization.Features(scale: 1, zero: 0)
            guard case .convolution(let convolution) = node.operation else { continue }
            if wide.contains(node.name) {
                reasons[node.name] = "sensitive"
            } else if let obstacle = obstacle(node, convolution, input: shapes[node.inputs[0].index]) {
                reasons[node.name] = obstacle
            } else {
                candidates.layers[node.name] = Quantization.Layer(scales: [], shifts: [])
            }
        }
        let integers = try IntegerLayers(graph, candidates, picture: picture)
        layers = integers.layers
        narrowValues = integers.values
        for case (let node, .convolution(let convolution)) in graph.nodes.map({ ($0, $0.operation) })
        where candidates.layers[node.name] != nil && !layers.contains(node.name) {
            reasons[node.name] =
                if node.inputs[0] == Graph.input {
                    "reads the picture"
                } else {
                    convolution.groups > 1 ? "depthwise, and not directly behind a convolution" : "its input is wide"
                }
        }
    }

    /// Why a convolution shall not multiply integers, whatever its neighbours do.
    private func obstacle(_ node: Node, _ convolution: Convolution, input: FeatureShape) -> String? {
        if input.height * input.width == 1, node.output != graph.logits { return "squeeze-and-excitation" }
        guard convolution.groups > 1 else { return nil }
        let isDepthwise = convolution.groups == input.channels && convolution.outputChannels == input.channels
        return isDepthwise ? nil : "in groups"
    }
}

extension LayerChoice {
    /// The layers that multiply integers, in the order of the graph, in groups that can do so without each other: a sum
    /// and what is added to it are of one kind, so all readers of such sums multiply integers or none does; and only
    /// depthwise layers that multiply integers write bytes for their reader.
    package var groups: [[String]] {
        var kinds: [Value: Value] = [:]
        for node in graph.nodes {
            kinds[node.output] = node.output
            guard case .convolution(let convolution) = node.operation else { continue }
            let origin =
                node.inputs.count > 1 ? node.inputs[1] : convolution.groups > 1 ? node.inputs[0] : node.output
            kinds[node.output] = kinds[origin]
        }
        var groups: [[String]] = []
        var places: [Value: Int] = [:]
        for node in graph.nodes where layers.contains(node.name) {
            let kind = kinds[node.inputs[0]] ?? node.inputs[0]
            if let place = places[kind] {
                groups[place].append(node.name)
            } else {
                places[kind] = groups.count
                groups.append([node.name])
            }
        }
        return groups
    }
}
