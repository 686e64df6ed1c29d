internal import KernelInterface

/// A depthwise convolution of bytes: see `QuadDepthwiseArguments`.
struct QuadDepthwiseFilter: RowFilter {
    let kernel: KernelTable.QuadDepthwise
    let window: QuadWindow
    /// Channels of a block.
    let block: Int
    /// Places of the packed weights, the bias and the scales, in words.
    let weights: Int
    let bias: Int
    let scales: Int
    let weightsPerBlock: Int
    let activation: Activation
    let mapping: ByteMapping

    var title: String { "depthwise \(window.size)×\(window.size)/\(window.stride) in int8" }

    func apply(to lines: FilterLines, block index: Int, weights packed: UnsafePointer<Float>) {
        kernel(
            QuadDepthwiseArguments(
                window: window,
                input: lines.input,
                inputRowStride: lines.inputRowStride,
                weights: packed + weights + index * weightsPerBlock,
                bias: packed + bias + index * block,
                scales: packed + scales + index * block,
                output: lines.output,
                outputElement: lines.outputElement,
                outputRowStride: lines.outputRowStride,
                rows: lines.rows,
                columns: lines.columns,
                activation: activation,
                mapping: mapping
            )
        )
    }
}
