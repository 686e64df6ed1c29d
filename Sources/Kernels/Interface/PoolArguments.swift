/// A pool over one block of channels of one image: the largest number, or the mean, of each window.
///
/// Windows may reach beyond the input; there is nothing there that could be the largest.
package struct PoolArguments {
    /// The input's first pixel.
    package var input: UnsafePointer<Float>
    /// Floats or bf16, as `outputElement` is.
    package var inputElement: Element
    /// Words from one input row to the next.
    package var inputRowStride: Int
    package var inputRows: Int
    package var inputColumns: Int
    package var output: UnsafeMutablePointer<Float>
    package var outputElement: Element
    package var outputRowStride: Int
    /// Output rows and columns.
    package var rows: Int
    package var columns: Int
    package var kernelHeight: Int
    package var kernelWidth: Int
    package var stride: Int
    /// Rows above and columns left of the input that the first window covers.
    package var top: Int
    package var left: Int
    package var isMaximum: Bool
    /// Whether a mean is always of the whole window, with zeros beyond the input, or of the pixels inside it only.
    package var countsPadding: Bool

    package init(
        input: UnsafePointer<Float>,
        inputElement: Element = .float32,
        inputRowStride: Int,
        inputRows: Int,
        inputColumns: Int,
        output: UnsafeMutablePointer<Float>,
        outputElement: Element = .float32,
        outputRowStride: Int,
        rows: Int,
        columns: Int,
        kernelHeight: Int,
        kernelWidth: Int,
        stride: Int,
        top: Int,
        left: Int,
        isMaximum: Bool,
        countsPadding: Bool
    ) {
        self.input = input
        self.inputElement = inputElement
        self.inputRowStride = inputRowStride
        self.inputRows = inputRows
        self.inputColumns = inputColumns
        self.output = output
        self.outputElement = outputElement
        self.outputRowStride = outputRowStride
        self.rows = rows
        self.columns = columns
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.top = top
        self.left = left
        self.isMaximum = isMaximum
        self.countsPadding = countsPadding
    }
}
