internal import KernelInterface
internal import ModelGraph

/// Steps without weights: pools, sums, activations.
extension Planner {
    func averageStep(_ node: Node) throws -> PlaneStep {
        PlaneStep(
            name: node.name,
            kind: "average",
            features: try features(node, 0),
            channels: try buffer(node.output, for: node.name),
            kernel: kernels.average
        )
    }

    /// In place where nobody reads the features again.
    func scaleStep(_ node: Node) throws -> any Step {
        let input = try features(node, 0)
        let output = try buffer(node.output, for: node.name)
        guard input == output else {
            var step = try elementwiseStep(node)
            step.factors = try features(node, 1)
            return step
        }
        return PlaneStep(
            name: node.name,
            kind: "scale",
            features: input,
            channels: try features(node, 1),
            kernel: kernels.scale
        )
    }

    func poolStep(_ node: Node, _ pool: Pool) throws -> PoolStep {
        let input = try features(node, 0)
        let shape = input.layout.shape
        func before(_ input: Int, kernel: Int, vertical: Bool) -> Int {
            pool.padding.amounts(input: input, kernel: kernel, stride: pool.stride, vertical: vertical).before
        }
        return PoolStep(
            name: node.name,
            kernel: kernels.pool,
            pool: pool,
            input: input,
            output: try buffer(node.output, for: node.name),
            top: before(shape.height, kernel: pool.kernelHeight, vertical: true),
            left: before(shape.width, kernel: pool.kernelWidth, vertical: false)
        )
    }

    func concatenateStep(_ node: Node) throws -> ConcatenateStep {
        ConcatenateStep(
            name: node.name,
            inputs: try node.inputs.indices.map { try features(node, $0) },
            output: try buffer(node.output, for: node.name)
        )
    }

    func addStep(_ node: Node) throws -> ElementwiseStep {
        var step = try elementwiseStep(node)
        step.other = try features(node, 1)
        return step
    }

    func activationStep(_ node: Node, _ function: ActivationFunction) throws -> ElementwiseStep {
        var step = try elementwiseStep(node)
        step.activation = function.kernelActivation
        return step
    }

    func affineStep(_ node: Node, _ affine: ChannelAffine) throws -> ElementwiseStep {
        var step = try elementwiseStep(node)
        let padding = [Float](repeating: 0, count: step.output.layout.blocks * kernels.block - affine.scale.count)
        step.affine = ChannelAffine(scale: affine.scale + padding, shift: affine.shift + padding)
        return step
    }

    func conversionStep(_ node: Node) throws -> ConversionStep {
        let output = try buffer(node.output, for: node.name)
        return ConversionStep(
            name: node.name,
            input: try features(node, 0),
            output: output,
            format: try conversion(to: output, for: node)
        )
    }

    private func conversion(to output: Buffer, for node: Node) throws -> ConversionStep.Format {
        if case .bfloat16 = output.layout.element { return .bfloat16 }
        guard let mapping = activations.bytes[node.output] else {
            throw PlanError.badQuantization(node: node.name, reason: "no mapping of its input is known")
        }
        return .bytes(factor: 1 / mapping.scale, offset: Float(mapping.zero))
    }

    private func elementwiseStep(_ node: Node) throws -> ElementwiseStep {
        ElementwiseStep(
            name: node.name,
            kind: "\(node.operation)",
            kernel: kernels.elementwise,
            input: try features(node, 0),
            output: try buffer(node.output, for: node.name)
        )
    }

    /// A node's input; the picture itself lies in another order than features, which only convolutions read.
    private func features(_ node: Node, _ index: Int) throws -> Buffer {
        guard node.inputs[index] != Graph.input else {
            throw PlanError.unsupported(node: node.name, operation: "\(node.operation) of the picture itself")
        }
        return try buffer(node.inputs[index], for: node.name)
    }
}
