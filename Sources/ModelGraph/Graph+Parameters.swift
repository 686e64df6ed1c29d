/// A tensor that a graph reads from its checkpoint.
package struct Parameter: Sendable, Equatable {
    package enum Role: Sendable {
        /// Learnt by gradient: what "number of parameters" counts.
        case learnt
        /// Statistics of batch normalisation.
        case statistic
    }

    package var name: String
    package var shape: [Int]
    package var role: Role
    /// Whether the checkpoint holds it in 8-bit integers.
    package var isInteger = false

    package var count: Int { shape.reduce(1, *) }
}

extension Graph {
    /// All tensors that the graph needs, in the order of the nodes.
    ///
    /// - Parameter integerLayers: names of convolutions whose weights are 8-bit integers: what a bias or batch
    ///   normalisation would add is part of their quantisation.
    package func parameters(integerLayers: Set<String> = []) throws(GraphError) -> [Parameter] {
        let shapes = try shapes()
        var parameters: [Parameter] = []
        var integerValues: Set<Value> = []
        for node in nodes {
            let input = shapes[node.inputs[0].index]
            switch node.operation {
            case .convolution(let convolution):
                let weightShape = convolution.weightShape(inputChannels: input.channels)
                let isInteger = integerLayers.contains(node.name)
                parameters.append(
                    Parameter(name: convolution.weight, shape: weightShape, role: .learnt, isInteger: isInteger)
                )
                if isInteger {
                    integerValues.insert(node.output)
                } else if let bias = convolution.bias {
                    parameters.append(Parameter(name: bias, shape: [convolution.outputChannels], role: .learnt))
                }
            case .batchNormalization(let normalization):
                if integerValues.contains(node.inputs[0]) { continue }
                for (suffix, role) in BatchNormalization.tensors {
                    let name = normalization.prefix + suffix
                    parameters.append(Parameter(name: name, shape: [input.channels], role: role))
                }
            case .activation, .add, .scaleChannels, .globalAveragePool, .pool, .concatenate, .affine, .convert:
                break
            }
        }
        return parameters
    }

    /// Multiply-adds of convolutions and fully connected layers for one image: the "FLOPs" of the literature; `Int.max`
    /// for what is beyond counting.
    package func multiplyAdds() throws(GraphError) -> Int {
        let shapes = try shapes()
        return nodes.reduce(0) { sum, node in
            guard case .convolution(let convolution) = node.operation else { return sum }
            let output = shapes[node.output.index]
            let weights = convolution.weightShape(inputChannels: shapes[node.inputs[0].index].channels)
            let product = (weights + [output.height, output.width]).reduce(1) { product, factor in
                let (product, isTooLarge) = product.multipliedReportingOverflow(by: factor)
                return isTooLarge ? .max : product
            }
            let (total, isTooLarge) = sum.addingReportingOverflow(product)
            return isTooLarge ? .max : total
        }
    }
}

extension Parameter {
    /// Checks a checkpoint's tensor.
    ///
    /// - Parameter name: what the checkpoint calls it.
    package func check(_ tensor: Tensor, name: String) throws(GraphError) {
        guard tensor.shape == shape else { throw .wrongShape(name: name, expected: shape, got: tensor.shape) }
        guard isInteger ? tensor.elementType == .int8 : tensor.elementType.isFloatingPoint else {
            throw .wrongElementType(name: name, got: tensor.elementType.rawValue)
        }
    }
}

extension BatchNormalization {
    /// The suffixes of its tensors.
    static let tensors: [(suffix: String, role: Parameter.Role)] = [
        (".weight", .learnt), (".bias", .learnt), (".running_mean", .statistic), (".running_var", .statistic),
    ]
}

extension Weights {
    /// The numbers of one tensor, checked against the shape that the graph expects. 8-bit integers are given as they are
    /// stored, without their scales.
    package func floats(_ name: String, shape: [Int]) throws(GraphError) -> [Float] {
        guard let tensor = self[name] else { throw .missingTensor(name: name) }
        guard tensor.shape == shape else { throw .wrongShape(name: name, expected: shape, got: tensor.shape) }
        guard let floats = tensor.floats() ?? tensor.int8Numbers() else {
            throw .wrongElementType(name: name, got: tensor.elementType.rawValue)
        }
        return floats
    }

    /// Checks that every tensor of the graph is there, with its shape and a usable element type.
    package func check(against graph: Graph, quantization: Quantization? = nil) throws(GraphError) {
        let integerLayers = quantization?.integerLayers(of: graph) { self[$0]?.elementType } ?? []
        for parameter in try graph.parameters(integerLayers: integerLayers) {
            guard let tensor = self[parameter.name] else { throw .missingTensor(name: parameter.name) }
            try parameter.check(tensor, name: parameter.name)
        }
    }
}
