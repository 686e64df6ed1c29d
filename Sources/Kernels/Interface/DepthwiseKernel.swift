/// What one call of the depthwise kernel computes: rows of one block of channels.
///
///     output[y][x] = activation(bias + Σ over ky, kx: input[y·stride + ky][x·stride + kx] · weights[ky][kx])
///
/// Input rows are padded: every tap of every output pixel lies inside them.
package struct DepthwiseArguments {
    /// The first tap of the first output pixel.
    package var input: UnsafePointer<Float>
    /// Floats from one input row to the next.
    package var inputRowStride: Int
    /// `kernelHeight × kernelWidth × block` values.
    package var weights: UnsafePointer<Float>
    /// One block.
    package var bias: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>
    /// What the output holds; the input holds floats.
    package var outputElement: Element
    /// Words from one output row to the next.
    package var outputRowStride: Int
    /// Output rows and columns, each at least 1.
    package var rows: Int
    package var columns: Int
    package var kernelHeight: Int
    package var kernelWidth: Int
    package var stride: Int
    package var activation: Activation

    package init(
        input: UnsafePointer<Float>,
        inputRowStride: Int,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>,
        outputElement: Element = .float32,
        outputRowStride: Int,
        rows: Int,
        columns: Int,
        kernelHeight: Int,
        kernelWidth: Int,
        stride: Int,
        activation: Activation
    ) {
        self.input = input
        self.inputRowStride = inputRowStride
        self.weights = weights
        self.bias = bias
        self.output = output
        self.outputElement = outputElement
        self.outputRowStride = outputRowStride
        self.rows = rows
        self.columns = columns
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.activation = activation
    }
}
