internal import KernelInterface
internal import ModelGraph

/// The order in which a GEMM's steps run through a convolution's input: taps outermost, channels of a block innermost.
struct TapOrder: Sendable {
    /// Floats from an output pixel's first input to each tap.
    var tapOffsets: [Int] = []
    var fullTaps = 0
    var tailTaps = 0
    var tailSteps = 0
    /// For each step the index into one output channel's weights `[input][ky][kx]`.
    var weightIndices: [Int] = []

    /// - Parameter block: the kernels' block of channels.
    init(convolution: Convolution, input: BufferLayout, block: Int) {
        let (height, width) = (convolution.kernelHeight, convolution.kernelWidth)
        func weightIndex(_ channel: Int, _ ky: Int, _ kx: Int) -> Int { (channel * height + ky) * width + kx }
        if input.block == block {
            let channels = input.shape.channels
            for first in stride(from: 0, to: channels, by: block) {
                let count = min(block, channels - first)
                for ky in 0..<height {
                    for kx in 0..<width {
                        tapOffsets.append(
                            first / block * input.planeStride + ky * input.rowStride + kx * input.block
                        )
                        for channel in first..<first + count { weightIndices.append(weightIndex(channel, ky, kx)) }
                        if count == block { fullTaps += 1 } else { tailTaps += 1 }
                    }
                }
                if count < block { tailSteps = count }
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
        case gemm(panels: [MatrixProduct.PackedPanel], order: TapOrder)
        /// Places in floats.
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
        case .gemm(let panels, let order):
            let values = groups == 1 ? values : dense(values)
            for panel in panels { pack(panel, order: order, values, block: block, into: base) }
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

    /// For each step of the panel one weight an output channel; zeros past the last channel.
    private func pack(
        _ panel: MatrixProduct.PackedPanel,
        order: TapOrder,
        _ values: [Float],
        block: Int,
        into base: UnsafeMutablePointer<Float>
    ) {
        let first = panel.panel.firstBlock * block
        let lanes = panel.panel.kernel.blocks * block
        let steps = order.weightIndices.count
        values.withUnsafeBufferPointer { values in
            order.weightIndices.withUnsafeBufferPointer { indices in
                for channel in first..<min(first + lanes, affine.scale.count) {
                    let target = base + panel.weights + channel - first
                    let source = channel * steps
                    let scale = affine.scale[channel]
                    for step in 0..<steps { target[step * lanes] = values[source + indices[step]] * scale }
                    base[panel.bias + channel - first] = affine.shift[channel]
                }
            }
        }
    }
}
