/// The window of a depthwise convolution over quads: features of bytes, four neighbouring pixels of a channel in a word.
///
/// As many output pixels as a word advances, 4 / stride, make a group. Each output pixel of a group reads one word, or two
/// neighbouring ones, of each row of the kernel; its weights stand in words as its inputs do, shifted to their place, and
/// zero elsewhere.
package struct QuadWindow: Sendable, Equatable {
    /// Rows and columns: 3 or 5.
    package var size: Int
    /// 1 or 2.
    package var stride: Int
    /// The place of the first output pixel's first tap in its word, 0…3.
    package var offset: Int

    /// - Returns: nil for windows that no kernel is made for.
    package init?(size: Int, stride: Int, offset: Int) {
        let known = [[3, 1, 3], [5, 1, 2], [3, 2, 0], [3, 2, 3], [5, 2, 2], [5, 2, 3]]
        guard known.contains([size, stride, offset]) else { return nil }
        self.size = size
        self.stride = stride
        self.offset = offset
    }

    /// Output pixels of a group.
    package var outputs: Int { 4 / stride }

    /// The words that an output pixel of a group reads, counted from the group's first.
    package func words(ofOutput index: Int) -> ClosedRange<Int> {
        let first = offset + index * stride
        return first / 4...(first + size - 1) / 4
    }

    /// Words of weights of one channel for one row of the kernel.
    package var weightWordsPerRow: Int { (0..<outputs).reduce(0) { $0 + words(ofOutput: $1).count } }

    /// Words of one channel in a row of input, from the first output pixel's first tap on, that kernels read for so many
    /// output pixels.
    package func inputWords(columns: Int) -> Int {
        // Kernels finish four output pixels together.
        (columns + 3) / 4 * stride + words(ofOutput: outputs - 1).upperBound
    }
}

/// What one call of the depthwise kernel for quads computes: rows of one block of channels.
///
///     sum = bias + Σ over ky, kx: input[y·stride + ky][x·stride + kx] · weights[ky][kx]      (integers of 32 bits)
///     output[y][x] = activation(sum · scale)
package struct QuadDepthwiseArguments {
    package var window: QuadWindow
    /// The word of the first output pixel's first tap.
    package var input: UnsafePointer<Float>
    /// Words from one input row to the next.
    package var inputRowStride: Int
    /// For each row of the kernel, each output pixel of a group and each word that it reads: one block of words.
    package var weights: UnsafePointer<Float>
    /// One block of integers.
    package var bias: UnsafePointer<Float>
    /// One block.
    package var scales: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>
    /// What the output holds: all but quads.
    package var outputElement: Element
    /// Words from one output row to the next.
    package var outputRowStride: Int
    /// Output rows and columns, each at least 1.
    package var rows: Int
    package var columns: Int
    package var activation: Activation
    /// For outputs of bytes.
    package var mapping: ByteMapping

    package init(
        window: QuadWindow,
        input: UnsafePointer<Float>,
        inputRowStride: Int,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>,
        scales: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>,
        outputElement: Element,
        outputRowStride: Int,
        rows: Int,
        columns: Int,
        activation: Activation,
        mapping: ByteMapping = ByteMapping()
    ) {
        self.window = window
        self.input = input
        self.inputRowStride = inputRowStride
        self.weights = weights
        self.bias = bias
        self.scales = scales
        self.output = output
        self.outputElement = outputElement
        self.outputRowStride = outputRowStride
        self.rows = rows
        self.columns = columns
        self.activation = activation
        self.mapping = mapping
    }
}
