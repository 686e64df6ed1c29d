internal import KernelInterface
internal import ModelGraph

extension Planner {
    mutating func depthwiseStep(_ node: Node, _ convolution: Convolution) throws -> DepthwiseStep {
        let input = try buffer(node.inputs[0], for: node.name)
        let output = try buffer(node.output, for: node.name)
        guard node.inputs.count == 1 else {
            throw PlanError.unsupported(node: node.name, operation: "a residual on a depthwise convolution")
        }
        let channels = convolution.outputChannels
        let taps = convolution.kernelHeight * convolution.kernelWidth
        let padded = output.layout.blocks * kernels.block
        let (weights, bias) = (reserveWeights(padded * taps), reserveWeights(padded))
        let (scale, shift) = affine(of: convolution)
        let weight = try weightFloats(convolution, node: node)
        let block = kernels.block
        packing.append { base in
            (base + weights).packDepthwise(weight: weight, taps: taps, channels: channels, block: block, scale: scale)
            (base + bias).update(from: shift, count: channels)
        }
        return DepthwiseStep(
            name: node.name,
            multiplyAdds: channels * taps * output.layout.shape.height * output.layout.shape.width,
            input: input,
            output: output,
            kernel: kernels.depthwise,
            kernelHeight: convolution.kernelHeight,
            kernelWidth: convolution.kernelWidth,
            stride: convolution.stride,
            inputOffset: convolution.firstTap(input: input.layout),
            weights: weights,
            bias: bias,
            activation: convolution.activation.kernelActivation
        )
    }

    mutating func gemmStep(_ node: Node, _ convolution: Convolution) throws -> GEMMStep {
        let input = try buffer(node.inputs[0], for: node.name)
        let output = try buffer(node.output, for: node.name)
        let residual = node.inputs.count > 1 ? try buffer(node.inputs[1], for: node.name) : nil
        let order = TapOrder(convolution: convolution, input: input.layout, block: kernels.block)
        let runs = runs(convolution, input: input.layout, output: output.layout, residual: residual?.layout)
        let steps = order.weightIndices.count
        let panels = kernels.panels(blocks: output.layout.blocks, pixels: runs.first?.pixels ?? 1)
        let weight = try weightFloats(convolution, node: node)
        let (runsPerUnit, panelsPerUnit) = units(runs: runs, panels: panels.count, steps: steps)
        let size = "\(convolution.kernelHeight)×\(convolution.kernelWidth)/\(convolution.stride)"
        return GEMMStep(
            name: node.name,
            kind: "gemm \(size) \(steps)→\(convolution.outputChannels)",
            multiplyAdds: convolution.outputChannels * steps * output.layout.shape.height * output.layout.shape.width,
            input: input,
            output: output,
            residual: residual,
            panels: pack(panels, weight: weight, order: order, convolution: convolution),
            order: order,
            inputStride: convolution.stride * input.layout.block,
            activation: convolution.activation.kernelActivation,
            runs: runs,
            runsPerUnit: runsPerUnit,
            panelsPerUnit: panelsPerUnit
        )
    }

    private mutating func pack(
        _ panels: [Panel],
        weight: [Float],
        order: TapOrder,
        convolution: Convolution
    ) -> [GEMMStep.PackedPanel] {
        let (scale, shift) = affine(of: convolution)
        return panels.map { panel in
            let lanes = panel.kernel.blocks * kernels.block
            let weights = reserveWeights(order.weightIndices.count * lanes)
            let bias = reserveWeights(lanes)
            let first = panel.firstBlock * kernels.block
            let channels = first..<min(first + lanes, convolution.outputChannels)
            packing.append { base in
                (base + weights).packPanel(
                    weight: weight,
                    order: order,
                    channels: channels,
                    lanes: lanes,
                    scale: scale
                )
                (base + bias).update(from: Array(shift[channels]), count: channels.count)
            }
            return GEMMStep.PackedPanel(panel: panel, weights: weights, bias: bias)
        }
    }

    private func affine(of convolution: Convolution) -> (scale: [Float], shift: [Float]) {
        guard let affine = convolution.affine else {
            let count = convolution.outputChannels
            return ([Float](repeating: 1, count: count), [Float](repeating: 0, count: count))
        }
        return (affine.scale, affine.shift)
    }

    private func weightFloats(_ convolution: Convolution, node: Node) throws -> [Float] {
        let channels = shapes[node.inputs[0].index].channels
        return try model.weights.floats(convolution.weight, shape: convolution.weightShape(inputChannels: channels))
    }

    // MARK: Cutting

    /// One run over the whole image where neither side has a border and no input is skipped, else one run a row.
    private func runs(
        _ convolution: Convolution,
        input: BufferLayout,
        output: BufferLayout,
        residual: BufferLayout?
    ) -> [GEMMStep.Run] {
        let shape = output.shape
        let isPointwise = convolution.kernelHeight == 1 && convolution.kernelWidth == 1 && convolution.stride == 1
        let hasBorder = !input.border.isEmpty || !output.border.isEmpty || !(residual?.border.isEmpty ?? true)
        let firstTap = convolution.firstTap(input: input)
        if isPointwise && !hasBorder {
            let pixels = shape.height * shape.width
            let length = max(Planner.minimumRun, Planner.unitFloats / max(input.shape.channels, 1))
            return stride(from: 0, to: pixels, by: length).map { first in
                let offset = first * output.block
                return GEMMStep.Run(
                    input: first * input.block,
                    output: offset,
                    residual: offset,
                    pixels: min(length, pixels - first)
                )
            }
        }
        return (0..<shape.height).map { row in
            GEMMStep.Run(
                input: firstTap + row * convolution.stride * input.rowStride,
                output: output.offset(row: row, column: 0),
                residual: residual?.offset(row: row, column: 0) ?? 0,
                pixels: shape.width
            )
        }
    }

    /// Input floats of a unit: with its output they stay in the second-level cache while all panels pass over them.
    private static let unitFloats = 32 * 1024
    /// Pixels: shorter runs would not fill the tiles.
    private static let minimumRun = 56
    /// So that two or more threads find work in every step.
    private static let unitsPerImage = 8

    private func units(
        runs: [GEMMStep.Run],
        panels: Int,
        steps: Int
    ) -> (runsPerUnit: Int, panelsPerUnit: Int) {
        let pixels = max(runs.first?.pixels ?? 1, 1)
        let runsPerUnit = min(runs.count, max(1, Planner.unitFloats / (pixels * max(steps, 1))))
        let runGroups = (runs.count + runsPerUnit - 1) / runsPerUnit
        let panelGroups = max(1, min(panels, Planner.unitsPerImage / runGroups))
        return (runsPerUnit, (panels + panelGroups - 1) / panelGroups)
    }
}
