internal import KernelInterface
internal import ModelGraph

extension Planner {
    mutating func depthwiseStep(_ node: Node, _ convolution: Convolution) throws -> DepthwiseStep {
        let input = try buffer(node.inputs[0], for: node.name)
        let output = try buffer(node.output, for: node.name)
        return DepthwiseStep(
            name: node.name,
            multiplyAdds: multiplyAdds(node, convolution),
            input: input,
            output: output,
            filter: try filter(node, convolution),
            inputOffset: convolution.firstTap(input: input.layout)
        )
    }

    mutating func gemmStep(_ node: Node, _ convolution: Convolution) throws -> GEMMStep {
        let input = try buffer(node.inputs[0], for: node.name)
        let output = try buffer(node.output, for: node.name)
        let residual = node.inputs.count > 1 ? try buffer(node.inputs[1], for: node.name) : nil
        let cut = cut(convolution, input: input.layout, output: output.layout, residual: residual?.layout)
        let product = try product(
            node,
            convolution,
            input: input.layout,
            output: output.layout.element,
            line: cut.pixels,
            lines: cut.lines,
            isShared: cut.lines < threads
        )
        let (linesPerUnit, panelsPerUnit) = units(
            cut,
            panels: product.panels.count,
            steps: product.order.steps
        )
        return GEMMStep(
            name: node.name,
            kind: convolution.title + product.title,
            multiplyAdds: multiplyAdds(node, convolution),
            product: product,
            input: input,
            output: output,
            residual: residual,
            inputStride: convolution.stride * input.layout.pixelStride,
            cut: cut,
            readsAhead: input.layout.imageStride >= Planner.farWords,
            linesPerUnit: linesPerUnit,
            panelsPerUnit: panelsPerUnit
        )
    }

    /// A convolution together with the depthwise one that alone reads its output.
    mutating func streamedStep(
        _ node: Node,
        _ convolution: Convolution,
        depthwise next: Node,
        _ depthwise: Convolution
    ) throws -> any Step {
        let input = try buffer(node.inputs[0], for: node.name)
        let output = try buffer(next.output, for: next.name)
        let innerShape = shapes[node.output.index]
        let inner = innerLayout(node.output, depthwise, output: output.layout.shape)
        let product = try product(
            node,
            convolution,
            input: input.layout,
            output: inner.element,
            line: innerShape.width,
            lines: innerShape.height
        )
        let blocks = product.panels.map(\.panel.kernel.blocks).max() ?? 1
        let rows = output.layout.shape.height
        let readers = model.graph.nodes.filter { $0.inputs.contains(next.output) }
        let stripInput = Planner.scratchWords / (blocks * inner.rowStride)
        // Called with each kind of filter by name, for code that is made for it.
        func step(_ filter: some RowFilter) -> any Step {
            let rowsPerStrip = min(rows, max(1, (stripInput - depthwise.kernelHeight) / depthwise.stride + 1))
            return StreamedDepthwiseStep(
                name: "\(node.name), \(next.name)",
                kind: "\(convolution.title)\(product.title), \(filter.title)",
                multiplyAdds: multiplyAdds(node, convolution) + multiplyAdds(next, depthwise),
                product: product,
                input: input,
                inputOffset: convolution.firstTap(input: input.layout),
                inputRowStride: convolution.stride * input.layout.rowStride,
                inputStride: convolution.stride * input.layout.pixelStride,
                scratch: StripScratch(
                    layout: inner,
                    rows: (rowsPerStrip - 1) * depthwise.stride + depthwise.kernelHeight,
                    blocks: blocks,
                    owner: product.panels.first?.weights ?? 0
                ),
                filter: filter,
                output: output,
                prefersRows: readers.allSatisfy(\.isConvolution),
                rowsPerStrip: rowsPerStrip,
                stride: depthwise.stride,
                kernelHeight: depthwise.kernelHeight
            )
        }
        guard let (_, window) = activations.bytes.streamed[node.output] else {
            return step(try filter(next, depthwise))
        }
        return step(quadFilter(next, depthwise, window, output: output.layout.element))
    }

    /// How features between a streamed convolution and its depthwise one lie in memory.
    private func innerLayout(_ value: Value, _ depthwise: Convolution, output: FeatureShape) -> BufferLayout {
        let shape = shapes[value.index]
        var border = depthwise.border(input: shape, output: output)
        guard let (features, window) = activations.bytes.streamed[value] else {
            return BufferLayout(shape: shape, block: kernels.block, border: border)
        }
        // Lines begin with a word, and so does their border. Their words are as many as kernels read, or write.
        border.left = (border.left + 3) / 4 * 4
        let written = border.left + (shape.width + 3) / 4 * 4
        border.right = max(written, window.inputWords(columns: output.width) * 4) - border.left - shape.width
        return BufferLayout(
            shape: shape,
            block: kernels.block,
            element: .uint8Quads,
            border: border,
            borderWord: InputBytes(features).zeroWord
        )
    }

    private func multiplyAdds(_ node: Node, _ convolution: Convolution) -> Int {
        let output = shapes[node.output.index]
        let weights = convolution.weightShape(inputChannels: shapes[node.inputs[0].index].channels)
        return weights.reduce(1, *) * output.height * output.width
    }

    // MARK: Packing

    private mutating func quadFilter(
        _ node: Node,
        _ convolution: Convolution,
        _ window: QuadWindow,
        output: Element
    ) -> QuadDepthwiseFilter {
        let block = kernels.block
        let padded = (convolution.outputChannels + block - 1) / block * block
        let weights = reserveWeights(padded * window.size * window.weightWordsPerRow)
        let (bias, scales) = (reserveWeights(padded), reserveWeights(padded))
        let results = results(node, convolution, output: output)
        packing.append(
            packedConvolution(
                convolution,
                node,
                results,
                .quadDepthwise(window: window, weights: weights, bias: bias, scales: scales)
            )
        )
        return QuadDepthwiseFilter(
            kernel: kernels.quadDepthwise,
            window: window,
            block: block,
            weights: weights,
            bias: bias,
            scales: scales,
            weightsPerBlock: window.size * window.weightWordsPerRow * block,
            activation: convolution.activation.kernelActivation,
            mapping: results.mapping
        )
    }

    private mutating func filter(_ node: Node, _ convolution: Convolution) throws -> DepthwiseFilter {
        guard node.inputs.count == 1 else {
            throw PlanError.unsupported(node: node.name, operation: "a residual on a depthwise convolution")
        }
        let channels = convolution.outputChannels
        let taps = convolution.kernelHeight * convolution.kernelWidth
        let block = kernels.block
        let padded = (channels + block - 1) / block * block
        let (weights, bias) = (reserveWeights(padded * taps), reserveWeights(padded))
        let packed = PackedConvolution.Destination.depthwise(taps: taps, weights: weights, bias: bias)
        packing.append(packedConvolution(convolution, node, Results(), packed))
        return DepthwiseFilter(
            kernel: kernels.depthwise,
            kernelHeight: convolution.kernelHeight,
            kernelWidth: convolution.kernelWidth,
            stride: convolution.stride,
            block: block,
            weights: weights,
            bias: bias,
            activation: convolution.activation.kernelActivation
        )
    }

    /// - Parameters:
    ///   - line: pixels of a line, for the choice of tiles.
    ///   - lines: how many there are, about; tiles cross from one to the next where no gap lies between their inputs.
    ///   - isShared: whether threads share its panels, rather than its lines.
    private mutating func product(
        _ node: Node,
        _ convolution: Convolution,
        input: BufferLayout,
        output: Element,
        line: Int,
        lines: Int,
        isShared: Bool = false
    ) throws -> MatrixProduct {
        let cover: LineShape.Cover =
            switch output {
            case .float32, .bfloat16:
                convolution.isPointwise && input.border.isEmpty ? .across(lines: lines) : .lineByLine
            case .uint8: .lineByLine
            case .uint8Quads: .quads
            }
        let (element, block) = (input.element, kernels.block)
        let order = TapOrder(
            convolution: convolution,
            input: input,
            block: block,
            isMatrix: kernels.gemms(for: element).contains(where: \.isMatrix)
        )
        let steps = order.steps
        let panels = kernels.panels(
            channels: convolution.outputChannels,
            input: element,
            output: output,
            line: LineShape(pixels: line, cover: cover),
            steps: steps,
            threads: isShared ? threads : 1
        ).map { panel in
            let lanes = panel.kernel.blocks * block
            return MatrixProduct.PackedPanel(
                panel: panel,
                weights: reserveWeights(steps * lanes),
                bias: reserveWeights(lanes),
                scales: element == .uint8 ? reserveWeights(lanes) : 0
            )
        }
        let results = results(node, convolution, output: output)
        packing.append(
            packedConvolution(convolution, node, results, .gemm(panels: panels, order: order, element: element))
        )
        return MatrixProduct(
            panels: panels,
            block: block,
            order: order,
            input: element,
            inputScale: activations.bytes.input(node.inputs[0])?.scale ?? 1,
            activation: convolution.activation.kernelActivation,
            mapping: results.mapping
        )
    }

    /// How results are stored.
    private struct Results {
        /// What one step of them stands for, where no curve comes before they are mapped.
        var scale: Float = 1
        /// Added to each, for zeros that are not stored as 0.
        var shift: Float = 0
        /// For what comes behind a curve, and for residuals.
        var mapping = ByteMapping()
    }

    private func results(_ node: Node, _ convolution: Convolution, output: Element) -> Results {
        var results = Results()
        guard output == .uint8 || output == .uint8Quads, let features = activations.bytes[node.output] else {
            return results
        }
        results.mapping.zeroWord = InputBytes(features).zeroWord
        let offset = Float(features.zero)
        switch convolution.activation {
        case .swish, .sigmoid:
            results.mapping.factor = 1 / features.scale
            results.mapping.offset = offset
        case .identity, .relu, .relu6:
            results.scale = features.scale
            results.shift = offset * features.scale
        }
        if node.inputs.count > 1, let residual = activations.bytes[node.inputs[1]] {
            results.mapping.residualFactor = residual.scale / results.scale
            results.shift -= Float(residual.zero) * residual.scale
        }
        return results
    }

    private func packedConvolution(
        _ convolution: Convolution,
        _ node: Node,
        _ results: Results,
        _ destination: PackedConvolution.Destination
    ) -> PackedConvolution {
        let count = convolution.outputChannels
        let identity = ChannelAffine(
            scale: [Float](repeating: 1, count: count),
            shift: [Float](repeating: 0, count: count)
        )
        let layer = activations.bytes.layer(node, shapes: shapes)
        var affine = convolution.affine ?? identity
        if let layer { affine.shift = layer.shifts }
        affine.shift = affine.shift.map { $0 + results.shift }
        return PackedConvolution(
            name: node.name,
            weight: convolution.weight,
            shape: convolution.weightShape(inputChannels: shapes[node.inputs[0].index].channels),
            groups: convolution.groups,
            affine: affine,
            layer: layer,
            outputScale: results.scale,
            input: node.inputs[0] == Graph.input ? picture : activations.bytes.input(node.inputs[0]),
            inputMeans: destination.isBFloat16 ? model.graph.expectedMeans(of: node.inputs[0]) ?? [] : [],
            destination: destination
        )
    }

    // MARK: Cutting

    /// Long stretches where neither side has a border and no input is skipped, else the image's rows.
    private func cut(
        _ convolution: Convolution,
        input: BufferLayout,
        output: BufferLayout,
        residual: BufferLayout?
    ) -> GEMMStep.Cut {
        let shape = output.shape
        let hasBorder = !input.border.isEmpty || !output.border.isEmpty || !(residual?.border.isEmpty ?? true)
        if convolution.isPointwise && !hasBorder {
            let pixels = shape.height * shape.width
            let length = length(pixels: pixels, input: input)
            let lines = (pixels + length - 1) / length
            return GEMMStep.Cut(
                lines: lines,
                pixels: length,
                lastPixels: pixels - (lines - 1) * length,
                input: 0,
                output: 0,
                residual: 0,
                inputStride: length * input.pixelStride,
                outputStride: length * output.pixelStride,
                residualStride: length * output.pixelStride
            )
        }
        return GEMMStep.Cut(
            lines: shape.height,
            pixels: shape.width,
            lastPixels: shape.width,
            input: convolution.firstTap(input: input),
            output: output.offset(row: 0, column: 0),
            residual: residual?.offset(row: 0, column: 0) ?? 0,
            inputStride: convolution.stride * input.rowStride,
            outputStride: output.rowStride,
            residualStride: residual?.rowStride ?? 0
        )
    }

    /// Pixels of stretches of equal length that fit the cache, as many for each thread.
    private func length(pixels: Int, input: BufferLayout) -> Int {
        let most = max(
            Planner.minimumLine,
            Planner.unitWords * input.element.perWord / max(input.shape.channels, 1)
        )
        var parts = (pixels + most - 1) / most
        let even = (parts + threads - 1) / threads * threads
        if pixels >= even * Planner.minimumLine { parts = even }
        // Tiles fit in a whole number of times.
        let step = Planner.lineStep
        return min(pixels, ((pixels + parts - 1) / parts + step - 1) / step * step)
    }

    /// Words of a strip between two convolutions: it stays in the second-level cache.
    private static let scratchWords = 48 * 1024
    /// Input words of a unit: with its output they stay in the second-level cache while all panels pass over them.
    private static let unitWords = 32 * 1024
    /// Words of an image's features that no cache is taken to hold until they are read.
    private static let farWords = 2 * 1024 * 1024
    /// Pixels: shorter lines would not fill the tiles.
    private static let minimumLine = 56
    /// A multiple of most tiles' rows.
    private static let lineStep = 14
    /// So that threads find work in every step, and end about together.
    private static let unitsPerThread = 8

    private func units(_ cut: GEMMStep.Cut, panels: Int, steps: Int) -> (linesPerUnit: Int, panelsPerUnit: Int) {
        let most = max(1, Planner.unitWords / (cut.pixels * max(steps, 1)))
        let linesPerUnit = min(most, (cut.lines + threads - 1) / threads)
        let lineGroups = (cut.lines + linesPerUnit - 1) / linesPerUnit
        let panelGroups = max(1, min(panels, Planner.unitsPerThread * threads / lineGroups))
        return (linesPerUnit, (panels + panelGroups - 1) / panelGroups)
    }
}

extension Node {
    fileprivate var isConvolution: Bool {
        if case .convolution = operation { true } else { false }
    }
}

extension Convolution {
    /// Whether the inputs of neighbouring output pixels are neighbours, one pixel each.
    fileprivate var isPointwise: Bool { kernelHeight == 1 && kernelWidth == 1 && stride == 1 }

    /// What profiles call it.
    fileprivate var title: String {
        let size = "\(kernelHeight)×\(kernelWidth)/\(stride)"
        return groups > 1 ? "depthwise \(size)" : "gemm \(size) →\(outputChannels)"
    }
}
