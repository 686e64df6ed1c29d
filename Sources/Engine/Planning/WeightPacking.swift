internal import KernelInterface
internal import ModelGraph

/// The order in which a GEMM's steps run through a convolution's input: taps outermost, channels of a block innermost.
struct TapOrder: Sendable {
    /// Words from an output pixel's first input to each tap.
    var tapOffsets: [Int] = []
    var fullTaps = 0
    var tailTaps = 0
    var tailSteps = 0
    /// For each channel of each step the index into one output channel's weights `[input][ky][kx]`, or nil where a
    /// word of the input holds a channel that does not exist.
    var weightIndices: [Int?] = []
    /// Channels of a step.
    var channelsPerStep = 1

    /// Words that go into each sum.
    var steps: Int { weightIndices.count / channelsPerStep }

    /// - Parameter block: the kernels' block of channels.
    init(convolution: Convolution, input: BufferLayout, block: Int) {
        let (height, width) = (convolution.kernelHeight, convolution.kernelWidth)
        channelsPerStep = input.element.perWord
        func weightIndex(_ channel: Int, _ ky: Int, _ kx: Int) -> Int { (channel * height + ky) * width + kx }
        if input.block == block {
            let channels = input.shape.channels
            for first in stride(from: 0, to: channels, by: block) {
                let count = min(block, channels - first)
                for ky in 0..<height {
                    for kx in 0..<width {
                        tapOffsets.append(
                            first / block * input.planeStride + ky * input.rowStride + kx * input.pixelStride
                        )
                        for channel in first..<first + count { weightIndices.append(weightIndex(channel, ky, kx)) }
                        while weightIndices.count % channelsPerStep > 0 { weightIndices.append(nil) }
                        if count == block { fullTaps += 1 } else { tailTaps += 1 }
                    }
                }
                if count < block { tailSteps = (count + channelsPerStep - 1) / channelsPerStep }
            }
        } else {
            // All channels of a pixel lie side by side, so one tap runs over a whole row of the kernel.
            tailTaps = height
            tailSteps = width * input.shape.channels
            for ky in 0..<height {
                tapOffsets.append(ky * input.rowStride)
                for kx in 0..<width {
                    for channel in 0..<input.shape.channels { weightIndices.append(weightIndex(channel, ky, kx)) }
                }
            }
        }
    }
}

/// One convolution's weights and where they go. Packing is put off until the size of all packed weights is known, and
/// reads one tensor at a time, so that no copies pile up.
struct PackedConvolution {
    enum Destination {
        case gemm(panels: [MatrixProduct.PackedPanel], order: TapOrder, element: Element)
        /// Places in words.
        case depthwise(taps: Int, weights: Int, bias: Int)
    }

    /// The tensor's name and shape.
    var weight: String
    var shape: [Int]
    /// A matrix product sees all input channels: weights between groups are zeros then.
    var groups: Int
    /// The scale is multiplied into the weights; the shift becomes the bias.
    var affine: ChannelAffine
    var destination: Destination

    /// - Parameters:
    ///   - block: the kernels' block of channels.
    ///   - base: the memory of all packed weights, all zero at first.
    func pack(_ tensors: Weights, block: Int, into base: UnsafeMutablePointer<Float>) throws(GraphError) {
        let values = try tensors.floats(weight, shape: shape)
        switch destination {
        case .gemm(let panels, let order, let element):
            let values = groups == 1 ? values : dense(values)
            for panel in panels { pack(panel, order: order, element, values, block: block, into: base) }
        case .depthwise(let taps, let weights, let bias):
            for channel in affine.scale.indices {
                let target = base + weights + channel / block * taps * block + channel % block
                for tap in 0..<taps { target[tap * block] = values[channel * taps + tap] * affine.scale[channel] }
            }
            (base + bias).update(from: affine.shift, count: affine.shift.count)
        }
    }

    /// The weights of groups as those of one convolution over all channels.
    private func dense(_ values: [Float]) -> [Float] {
        let perOutput = shape.dropFirst().reduce(1, *)
        let outputsPerGroup = shape[0] / groups
        var dense = [Float](repeating: 0, count: values.count * groups)
        for output in 0..<shape[0] {
            let start = (output * groups + output / outputsPerGroup) * perOutput
            dense.replaceSubrange(
                start..<start + perOutput,
                with: values[output * perOutput..<(output + 1) * perOutput]
            )
        }
        return dense
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
        let first = panel.panel.firstBlock * block
        let lanes = panel.panel.kernel.blocks * block
        let inputs = shape.dropFirst().reduce(groups, *)
        for channel in first..<min(first + lanes, affine.scale.count) {
            let lane = channel - first
            let (source, scale) = (channel * inputs, affine.scale[channel])
            values.withUnsafeBufferPointer { values in
                switch element {
                case .float32:
                    let target = base + panel.weights + lane
                    for (step, index) in order.weightIndices.enumerated() {
                        guard let index else { continue }
                        target[step * lanes] = values[source + index] * scale
                    }
                case .bfloat16:
                    let perWord = element.perWord
                    let count = order.weightIndices.count * lanes
                    (base + panel.weights).withMemoryRebound(to: UInt16.self, capacity: count) { target in
                        for (index, weight) in order.weightIndices.enumerated() {
                            guard let weight else { continue }
                            let (step, part) = index.quotientAndRemainder(dividingBy: perWord)
                            target[(step * lanes + lane) * perWord + part] =
                                (values[source + weight] * scale).bfloat16Bits
                        }
                    }
                }
            }
            base[panel.bias + lane] = affine.shift[channel]
        }
    }
}

extension Float {
    /// The upper half, rounded to nearest even; NaN stays NaN, denormal numbers become zero.
    var bfloat16Bits: UInt16 {
        if isNaN { return UInt16(truncatingIfNeeded: bitPattern >> 16 | 0x40) }
        if isSubnormal { return sign == .minus ? 0x8000 : 0 }
        let rounding: UInt32 = 0x7fff + (bitPattern >> 16 & 1)
        return UInt16(truncatingIfNeeded: (bitPattern + rounding) >> 16)
    }
}
