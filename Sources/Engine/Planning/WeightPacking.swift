internal import KernelInterface
internal import ModelGraph

/// Memory of floats that is filled once and then only read. Aligned to a cache line.
///
/// Unchecked: written by its creator alone, before it is shared.
final class PackedWeights: @unchecked Sendable {
    private let storage: UnsafeMutableBufferPointer<Float>

    /// - Parameter count: floats; all zero at first.
    init(count: Int) {
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: max(count, 1) * MemoryLayout<Float>.stride,
            alignment: 64
        )
        storage = UnsafeMutableBufferPointer(start: bytes.bindMemory(to: Float.self, capacity: count), count: count)
        storage.initialize(repeating: 0)
    }

    deinit { storage.deallocate() }

    var count: Int { storage.count }
    var base: UnsafePointer<Float> { UnsafePointer(storage.baseAddress.unsafelyUnwrapped) }

    /// For the creator, while it fills the memory.
    var mutableBase: UnsafeMutablePointer<Float> { storage.baseAddress.unsafelyUnwrapped }
}

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

extension UnsafeMutablePointer<Float> {
    /// Packs one panel: for each step its `lanes` weights, scaled; zeros past the last output channel.
    ///
    /// - Parameters:
    ///   - weight: `[output][input · ky · kx]`.
    ///   - channels: the panel's output channels, as far as they exist.
    func packPanel(weight: [Float], order: TapOrder, channels: Range<Int>, lanes: Int, scale: [Float]) {
        let steps = order.weightIndices.count
        weight.withUnsafeBufferPointer { weight in
            order.weightIndices.withUnsafeBufferPointer { indices in
                for (lane, channel) in channels.enumerated() {
                    let factor = scale[channel]
                    let row = channel * steps
                    for step in 0..<steps { self[step * lanes + lane] = weight[row + indices[step]] * factor }
                }
            }
        }
    }

    /// Packs a depthwise convolution by blocks of channels: for each tap one weight a channel, scaled.
    func packDepthwise(weight: [Float], taps: Int, channels: Int, block: Int, scale: [Float]) {
        for channel in 0..<channels {
            let target = self + channel / block * taps * block + channel % block
            for tap in 0..<taps { target[tap * block] = weight[channel * taps + tap] * scale[channel] }
        }
    }
}
