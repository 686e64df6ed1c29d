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

    /// - Parameters:
    ///   - block: the kernels' block of channels.
    ///   - isMatrix: whether kernels multiply matrices. Then a last block of fewer channels is read whole, for every tap to
    ///     have as many steps.
    init(convolution: Convolution, input: BufferLayout, block: Int, isMatrix: Bool = false) {
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
                        let unit = isMatrix ? block : channelsPerStep
                        while weightIndices.count % unit > 0 { weightIndices.append(nil) }
                        if count == block || isMatrix { fullTaps += 1 } else { tailTaps += 1 }
                    }
                }
                if count < block, !isMatrix { tailSteps = (count + channelsPerStep - 1) / channelsPerStep }
            }
        } else {
            // All channels of a pixel lie side by side, so one tap runs over a whole row of the kernel.
            tailTaps = height
            tailSteps = width * input.pixelStride
            for ky in 0..<height {
                tapOffsets.append(ky * input.rowStride)
                for kx in 0..<width {
                    for channel in 0..<input.block {
                        weightIndices.append(channel < input.shape.channels ? weightIndex(channel, ky, kx) : nil)
                    }
                }
            }
        }
    }
}
