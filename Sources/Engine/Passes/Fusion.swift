internal import ModelGraph

extension Model {
    /// Gives the sum of a convolution and another value to the convolution, as its residual.
    func fusingResiduals() -> Model {
        fusing { node, producer in
            guard case .add = node.operation, case .convolution(let convolution) = producer.operation,
                convolution.activation == .identity, convolution.groups == 1, producer.inputs.count == 1
            else { return nil }
            var fused = producer
            fused.inputs += node.inputs.filter { $0 != producer.output }
            return fused.inputs.count == 2 ? fused : nil
        }
    }

    /// Gives the activation behind a convolution to it.
    func fusingActivations() -> Model {
        fusing { node, producer in
            guard case .activation(let function) = node.operation,
                case .convolution(var convolution) = producer.operation,
                convolution.activation == .identity
            else { return nil }
            convolution.activation = function
            var fused = producer
            fused.operation = .convolution(convolution)
            return fused
        }
    }

    /// Replaces pairs of a node and the producer of one of its inputs by one node, where nobody else reads between.
    ///
    /// - Parameter merge: the merged node, or nil where the pair does not fit; its output is set here. It takes the
    ///   later node's place, so that all inputs of both are made before it.
    private func fusing(_ merge: (_ node: Node, _ producer: Node) -> Node?) -> Model {
        var model = self
        var nodes: [Node] = []
        for node in graph.nodes {
            var merged: (index: Int, node: Node)?
            for input in node.inputs where merged == nil && graph.uses(of: input) == 1 {
                guard let index = nodes.lastIndex(where: { $0.output == input }) else { continue }
                if let fused = merge(node, nodes[index]) { merged = (index, fused) }
            }
            if let (index, fused) = merged {
                var fused = fused
                fused.output = node.output
                nodes.remove(at: index)
                nodes.append(fused)
            } else {
                nodes.append(node)
            }
        }
        model.graph.nodes = nodes
        return model
    }
}
