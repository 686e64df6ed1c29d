internal import KernelInterface
internal import ModelGraph

/// One convolution's weights and where they go. Packing is put off until the size of all packed weights is known, and
/// reads one tensor at a time, so that no copies pile up.
struct PackedConvolution {
    /// Places in words.
    enum Destination {
        case gemm(panels: [MatrixProduct.PackedPanel], order: TapOrder, element: Element)
        case depthwise(taps: Int, weights: Int, bias: Int)
        case quadDepthwise(window: QuadWindow, weights: Int, bias: Int, scales: Int)

        /// Whether weights are rounded to bf16.
        var isBFloat16: Bool {
            if case .gemm(_, _, .bfloat16) = self { true } else { false }
        }
    }

    let name: String
    /// The tensor's name and shape.
    var weight: String
    var shape: [Int]
    /// A matrix product sees all input channels: weights between groups are zeros then.
    var groups: Int
    /// The scale is multiplied into the weights; the shift becomes the bias.
    var affine: ChannelAffine
    /// For products of bytes.
    var layer: Quantization.Layer?
    /// What one step of the stored result stands for; 1 for results that are stored as the numbers they are.
    var outputScale: Float = 1
    /// What the input's bytes stand for; for a picture even where it is floats, because stored integers depend on it.
    var input: InputBytes?
    /// What each input channel is on average, over pixels and pictures; empty where nothing tells it.
    var inputMeans: [Float] = []
    var destination: Destination

    /// - Parameters:
    ///   - block: the kernels' block of channels.
    ///   - base: the memory of all packed weights, all zero at first.
    func pack(_ tensors: Weights, block: Int, into base: UnsafeMutablePointer<Float>) throws {
        if let layer, let input {
            let values = try integers(tensors, layer, input)
            let sums = try IntegerSums(values, affine.shift, layer, input: input, outputScale: outputScale, node: name)
            pack(dense(values), sums, block: block, into: base)
        } else {
            pack(dense(try floats(tensors)), block: block, into: base)
        }
    }

    /// Weights with the scale multiplied in; those that are stored as bytes have it in theirs, and input channels' factors.
    private func floats(_ tensors: Weights) throws -> [Float] {
        let values = try tensors.floats(weight, shape: shape)
        let perOutput = values.count / max(shape[0], 1)
        var scaled = values
        for channel in affine.scale.indices {
            let scale = affine.scale[channel] / outputScale
            for index in channel * perOutput..<(channel + 1) * perOutput { scaled[index] *= scale }
        }
        if let input, input.isPicture, tensors[weight]?.elementType == .int8 {
            for index in scaled.indices { scaled[index] /= input.factor(ofWeight: index, perOutput: perOutput) }
        }
        return scaled
    }

    /// Weights as their layer's scales map them, −127…127; the factors of input channels are multiplied into them.
    private func integers(_ tensors: Weights, _ layer: Quantization.Layer, _ input: InputBytes) throws -> [Int8] {
        guard layer.scales.count == shape[0], layer.shifts.count == shape[0] else {
            let reason = "it has \(shape[0]) channels, not \(layer.scales.count)"
            throw PlanError.badQuantization(node: name, reason: reason)
        }
        if let tensor = tensors[weight], tensor.elementType == .int8, tensor.shape == shape {
            return tensor.withUnsafeBytes { $0.map { Int8(bitPattern: $0) } }
        }
        let values = try tensors.floats(weight, shape: shape)
        let perOutput = values.count / max(shape[0], 1)
        let factored = values.indices.map { index in
            values[index] * affine.scale[index / perOutput] * input.factor(ofWeight: index, perOutput: perOutput)
        }
        return WeightRounding(readsPicture: input.isPicture, shape: shape).integers(factored, scales: layer.scales)
    }

    /// The weights of groups as those of one convolution over all channels, where the destination is one.
    private func dense<Number: ExpressibleByIntegerLiteral>(_ values: [Number]) -> [Number] {
        guard groups > 1, case .gemm = destination else { return values }
        let perOutput = shape.dropFirst().reduce(1, *)
        let outputsPerGroup = shape[0] / groups
        var dense = [Number](repeating: 0, count: values.count * groups)
        for output in 0..<shape[0] {
            let start = (output * groups + output / outputsPerGroup) * perOutput
            dense.replaceSubrange(
                start..<start + perOutput,
                with: values[output * perOutput..<(output + 1) * perOutput]
            )
        }
        return dense
    }

    // MARK: Floats

    private func pack(_ values: [Float], block: Int, into base: UnsafeMutablePointer<Float>) {
        let shifts = affine.shift.map { $0 / outputScale }
        switch destination {
        case .gemm(let panels, let order, let element):
            let shifts = zip(shifts, meanErrors(of: values)).map { $0 - $1 }
            for panel in panels {
                pack(panel, order: order, element, values, block: block, into: base)
                copy(shifts, to: base + panel.bias, of: panel.panel, block: block)
            }
        case .depthwise(let taps, let weights, let bias):
            for channel in shifts.indices {
                let target = base + weights + channel / block * taps * block + channel % block
                for tap in 0..<taps { target[tap * block] = values[channel * taps + tap] }
            }
            (base + bias).update(from: shifts, count: shifts.count)
        case .quadDepthwise: break  // Bytes only.
        }
    }

    /// What rounding weights adds to the mean of each output channel's sum: Σ error · mean input (bias correction: Nagel et
    /// al., "Data-Free Quantization through Weight Equalization and Bias Correction", 2019, section 4.2). Borders are not
    /// regarded.
    private func meanErrors(of values: [Float]) -> [Float] {
        var sums = [Float](repeating: 0, count: affine.shift.count)
        guard destination.isBFloat16, !inputMeans.isEmpty else { return sums }
        let perOutput = values.count / max(sums.count, 1)
        let taps = perOutput / inputMeans.count
        let means = inputMeans.flatMap { [Float](repeating: $0, count: taps) }
        for output in sums.indices {
            let weights = values[output * perOutput..<(output + 1) * perOutput]
            sums[output] = zip(weights, means).reduce(0) { $0 + ($1.0.roundedToBFloat16 - $1.0) * $1.1 }
        }
        return sums
    }

    /// For each step of the panel one word an output channel; zeros past the last channel.
    private func pack(
        _ panel: MatrixProduct.PackedPanel,
        order: TapOrder,
        _ element: Element,
        _ values: [Float],
        block: Int,
        into base: UnsafeMutablePointer<Float>
    ) {
        let (lanes, perWord) = (panel.panel.kernel.blocks * block, element.perWord)
        forEachWeight(of: panel.panel, order: order, block: block) { step, part, lane, source in
            let value = values[source]
            switch element {
            case .bfloat16:
                let count = order.weightIndices.count * lanes
                (base + panel.weights).withMemoryRebound(to: UInt16.self, capacity: count) {
                    $0[(step * lanes + lane) * perWord + part] = value.bfloat16Bits
                }
            case .float32, .uint8, .uint8Quads:
                base[panel.weights + step * lanes + lane] = value
            }
        }
    }

    // MARK: Bytes

    private func pack(_ values: [Int8], _ sums: IntegerSums, block: Int, into base: UnsafeMutablePointer<Float>) {
        switch destination {
        case .gemm(let panels, let order, let element):
            for panel in panels {
                let lanes = panel.panel.kernel.blocks * block
                let count = order.weightIndices.count * lanes
                (base + panel.weights).withMemoryRebound(to: Int8.self, capacity: count) { target in
                    forEachWeight(of: panel.panel, order: order, block: block) { step, part, lane, source in
                        target[(step * lanes + lane) * element.perWord + part] = values[source]
                    }
                }
                copy(sums.biasWords, to: base + panel.bias, of: panel.panel, block: block)
                copy(sums.scales, to: base + panel.scales, of: panel.panel, block: block)
            }
        case .quadDepthwise(let window, let weights, let bias, let scales):
            for channel in sums.scales.indices {
                let words = window.size * window.weightWordsPerRow
                let target = base + weights + channel / block * words * block + channel % block
                let taps = window.size * window.size
                let packed = window.weightWords(Array(values[channel * taps..<(channel + 1) * taps]))
                for (word, value) in packed.enumerated() { target[word * block] = value }
            }
            (base + bias).update(from: sums.biasWords, count: sums.scales.count)
            (base + scales).update(from: sums.scales, count: sums.scales.count)
        case .depthwise: break  // Floats only.
        }
    }

    // MARK: Panels

    /// Calls `body` for each weight of a panel with its step, its place in the step's word, its lane, and its index.
    private func forEachWeight(
        of panel: Panel,
        order: TapOrder,
        block: Int,
        _ body: (_ step: Int, _ part: Int, _ lane: Int, _ source: Int) -> Void
    ) {
        let first = panel.firstBlock * block
        let inputs = shape.dropFirst().reduce(groups, *)
        for channel in first..<min(first + panel.kernel.blocks * block, affine.shift.count) {
            var (step, part) = (0, 0)
            for weight in order.weightIndices {
                if let weight {
                    let lane = channel - first
                    body(step, part, lane, channel * inputs + weight)
                    if let twin = panel.twin(of: lane, block: block) {
                        body(step, part, twin, channel * inputs + weight)
                    }
                }
                part += 1
                if part == order.channelsPerStep { (step, part) = (step + 1, 0) }
            }
        }
    }

    /// Numbers per channel, as far as they belong to a panel.
    private func copy(_ numbers: [Float], to target: UnsafeMutablePointer<Float>, of panel: Panel, block: Int) {
        let first = panel.firstBlock * block
        for channel in first..<min(first + panel.kernel.blocks * block, numbers.count) {
            let lane = channel - first
            target[lane] = numbers[channel]
            if let twin = panel.twin(of: lane, block: block) { target[twin] = numbers[channel] }
        }
    }
}

extension Panel {
    /// The lane that holds the same channel once more: see `GEMMKernel.isHalved`.
    fileprivate func twin(of lane: Int, block: Int) -> Int? {
        kernel.isHalved && lane >= (kernel.blocks - 1) * block ? lane + block / 2 : nil
    }
}

extension Float {
    fileprivate var roundedToBFloat16: Float { Float(bitPattern: UInt32(bfloat16Bits) << 16) }

    /// The upper half, rounded to nearest even; NaN stays NaN, denormal numbers become zero.
    var bfloat16Bits: UInt16 {
        let upper = bitPattern >> 16
        if bitPattern & 0x7f80_0000 == 0 { return UInt16(truncatingIfNeeded: upper & 0x8000) }
        if bitPattern & 0x7fff_ffff > 0x7f80_0000 { return UInt16(truncatingIfNeeded: upper | 0x40) }
        return UInt16(truncatingIfNeeded: (bitPattern &+ 0x7fff &+ (upper & 1)) >> 16)
    }
}
