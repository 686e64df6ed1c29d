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
    let activation: Activation
    let mapping: ByteMapping

    var kernelHeight: Int { window.size }
    var stride: Int { window.stride }
    var title: String { "depthwise \(window.size)×\(window.size)/\(stride) in int8" }
    var weightsPerBlock: Int { window.size * window.weightWordsPerRow * block }

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
            QuadDepthwiseArguments(
                window: window,
                input: input,
                inputRowStride: inputRowStride,
                weights: packed + weights + index * weightsPerBlock,
                bias: packed + bias + index * block,
                scales: packed + scales + index * block,
                output: output,
                outputElement: outputElement,
                outputRowStride: outputRowStride,
                rows: rows,
                columns: columns,
                activation: activation,
                mapping: mapping
            )
        )
    }
}
