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
    private let shapes: [FeatureShape]

    /// - Parameter wide: names of layers that shall not multiply integers.
    package init(_ graph: Graph, shapes: [FeatureShape], wide: Set<String>) {
        self.graph = graph
        self.shapes = shapes
        var previous: Node?
        for node in graph.nodes {
            if case .convolution(let convolution) = node.operation {
                reasons[node.name] =
                    wide.contains(node.name)
                    ? "sensitive" : obstacle(node, convolution, behind: previous)
            }
            previous = node
        }
        chooseValues()
        for node in graph.nodes {
            guard case .convolution = node.operation, reasons[node.name] == nil else { continue }
            if narrowValues.contains(node.inputs[0]) {
                layers.insert(node.name)
            } else {
                reasons[node.name] = "its input is wide"
            }
        }
    }

    /// Why a convolution cannot multiply integers, whatever its neighbours do.
    private func obstacle(_ node: Node, _ convolution: Convolution, behind previous: Node?) -> String? {
        let input = node.inputs[0]
        let shape = shapes[input.index]
        if input == Graph.input { return "reads the picture" }
        if node.output == graph.logits { return node.inputs == [graph.embedding] ? nil : "its input is wide" }
        if shape.height * shape.width == 1 { return "squeeze-and-excitation" }
        guard convolution.groups > 1 else { return nil }
        guard convolution.groups == shape.channels, convolution.outputChannels == shape.channels else {
            return "in groups"
        }
        // The two must run as one step.
        guard let previous, case .convolution(let first) = previous.operation, first.groups == 1,
            previous.inputs.count == 1, node.inputs == [previous.output], readers(of: input).count == 1
        else { return "depthwise, and not directly behind a convolution" }
        return nil
    }

    /// A value is narrow if a convolution makes it, all that read it are convolutions that multiply integers or add it
    /// to their sums, and a sum and what is added to it are of one kind.
    private mutating func chooseValues() {
        for node in graph.nodes {
            guard case .convolution = node.operation, !isResult(node.output), isReadNarrow(node.output) else {
                continue
            }
            narrowValues.insert(node.output)
        }
        var count: Int
        repeat {
            count = narrowValues.count
            for node in graph.nodes where node.inputs.count > 1 {
                guard case .convolution = node.operation else { continue }
                let pair = [node.inputs[1], node.output]
                if !pair.allSatisfy(narrowValues.contains) { narrowValues.subtract(pair) }
            }
        } while narrowValues.count < count
        if let logits = graph.logits, let classifier = graph.nodes.last(where: { $0.output == logits }),
            case .convolution = classifier.operation, reasons[classifier.name] == nil
        {
            narrowValues.insert(graph.embedding)
        }
    }

    private func isResult(_ value: Value) -> Bool {
        [graph.embedding, graph.logits, graph.explainableFeatures].contains(value)
    }

    private func readers(of value: Value) -> [Node] {
        graph.nodes.filter { $0.inputs.contains(value) }
    }

    private func isReadNarrow(_ value: Value) -> Bool {
        readers(of: value).allSatisfy { reader in
            guard case .convolution = reader.operation else { return false }
            return reader.inputs[0] != value || reasons[reader.name] == nil
        }
    }
}

extension LayerChoice {
    /// The layers that multiply integers, in the order of the graph, in groups that can do so without each other: a sum
    /// and what is added to it are of one kind, so all readers of such sums multiply integers or none does.
    package var groups: [[String]] {
        var kinds: [Value: Value] = [:]
        for node in graph.nodes {
            kinds[node.output] = node.output
            guard case .convolution = node.operation, node.inputs.count > 1, let kind = kinds[node.inputs[1]] else {
                continue
            }
            kinds[node.output] = kind
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
