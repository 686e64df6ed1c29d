/// Work on each number of one block of channels of one image:
///
///     output = activation((input + other) · factors + offsets)
package struct ElementwiseArguments {
    package var input: UnsafePointer<Float>
    /// Floats from one row to the next.
    package var inputRowStride: Int
    /// Of the input's shape.
    package var other: UnsafePointer<Float>?
    package var otherRowStride: Int
    /// One block each: a number per channel.
    package var factors: UnsafePointer<Float>?
    package var offsets: UnsafePointer<Float>?
    /// May be the input.
    package var output: UnsafeMutablePointer<Float>
    package var outputRowStride: Int
    package var rows: Int
    package var columns: Int
    package var activation: Activation

    package init(
        input: UnsafePointer<Float>,
        inputRowStride: Int,
        other: UnsafePointer<Float>? = nil,
        otherRowStride: Int = 0,
        factors: UnsafePointer<Float>? = nil,
        offsets: UnsafePointer<Float>? = nil,
        output: UnsafeMutablePointer<Float>,
        outputRowStride: Int,
        rows: Int,
        columns: Int,
        activation: Activation
    ) {
        self.input = input
        self.inputRowStride = inputRowStride
        self.other = other
        self.otherRowStride = otherRowStride
        self.factors = factors
        self.offsets = offsets
        self.output = output
        self.outputRowStride = outputRowStride
        self.rows = rows
        self.columns = columns
        self.activation = activation
    }
}
