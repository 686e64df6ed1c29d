internal import KernelInterface

/// Rows of one block of channels, and where what a filter makes of them goes. Strides are in words.
struct FilterLines {
    /// The first tap of the first output pixel.
    var input: UnsafePointer<Float>
    var inputRowStride: Int
    var output: UnsafeMutablePointer<Float>
    /// What the output holds.
    var outputElement: Element
    var outputRowStride: Int
    /// Output rows and columns.
    var rows: Int
    var columns: Int
}

/// A depthwise convolution as the rows of a streamed convolution pass through it.
protocol RowFilter: Sendable {
    /// What `kind` calls it.
    var title: String { get }
    /// Words of packed weights for one block of channels.
    var weightsPerBlock: Int { get }

    /// - Parameter packed: the plan's packed weights.
    func apply(to lines: FilterLines, block index: Int, weights packed: UnsafePointer<Float>)
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

    func apply(to lines: FilterLines, block index: Int, weights packed: UnsafePointer<Float>) {
        kernel(
            DepthwiseArguments(
                input: lines.input,
                inputRowStride: lines.inputRowStride,
                weights: packed + weights + index * weightsPerBlock,
                bias: packed + bias + index * block,
                output: lines.output,
                outputElement: lines.outputElement,
                outputRowStride: lines.outputRowStride,
                rows: lines.rows,
                columns: lines.columns,
                kernelHeight: kernelHeight,
                kernelWidth: kernelWidth,
                stride: stride,
                activation: activation
            )
        )
    }
}
