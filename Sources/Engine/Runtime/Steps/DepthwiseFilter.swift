internal import KernelInterface

/// A depthwise convolution as the rows of a streamed convolution pass through it.
protocol RowFilter: Sendable {
    var kernelHeight: Int { get }
    var stride: Int { get }
    /// What `kind` calls it.
    var title: String { get }
    /// Words of packed weights for one block of channels.
    var weightsPerBlock: Int { get }

    /// Rows of one block of channels.
    ///
    /// - Parameters:
    ///   - input: the first tap of the first output pixel.
    ///   - weights: the plan's packed weights.
    func apply(
        block index: Int,
        input: UnsafePointer<Float>,
        inputRowStride: Int,
        output: UnsafeMutablePointer<Float>,
        outputElement: Element,
        outputRowStride: Int,
        rows: Int,
        columns: Int,
        weights packed: UnsafePointer<Float>
    )
}

/// A depthwise convolution: each channel with its own small kernel. Everything but where features come from and go.
struct DepthwiseFilter: RowFilter {
    let kernel: KernelTable.Depthwise
    let kernelHeight: Int
    let kernelWidth: Int
    let stride: Int
    /// Channels of a block.
    let block: Int
    /// Places of the packed weights and the bias, in words.
    let weights: Int
    let bias: Int
    let activation: Activation

    var title: String { "depthwise \(kernelHeight)×\(kernelWidth)/\(stride)" }
    var weightsPerBlock: Int { kernelHeight * kernelWidth * block }

    func apply(
        block index: Int,
        input: UnsafePointer<Float>,
        inputRowStride: Int,
        output: UnsafeMutablePointer<Float>,
        outputElement: Element,
        outputRowStride: Int,
        rows: Int,
        columns: Int,
        weights packed: UnsafePointer<Float>
    ) {
        kernel(
            DepthwiseArguments(
                input: input,
                inputRowStride: inputRowStride,
                weights: packed + weights + index * weightsPerBlock,
                bias: packed + bias + index * block,
                output: output,
                outputElement: outputElement,
                outputRowStride: outputRowStride,
                rows: rows,
                columns: columns,
                kernelHeight: kernelHeight,
                kernelWidth: kernelWidth,
                stride: stride,
                activation: activation
            )
        )
    }
}
