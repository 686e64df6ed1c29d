/// One block of channels of one image, as the kernels for pooling and scaling see it: `rows × columns` pixels, each of
/// one block of channels, rows `rowStride` words apart.
package struct PlaneArguments {
    package var plane: UnsafeMutablePointer<Float>
    /// What the plane holds; `channels` are floats.
    package var element: Element
    package var rowStride: Int
    package var rows: Int
    package var columns: Int
    /// One block of values, one per channel: where averages go, or the factors to scale with.
    package var channels: UnsafeMutablePointer<Float>

    package init(
        plane: UnsafeMutablePointer<Float>,
        element: Element = .float32,
        rowStride: Int,
        rows: Int,
        columns: Int,
        channels: UnsafeMutablePointer<Float>
    ) {
        self.plane = plane
        self.element = element
        self.rowStride = rowStride
        self.rows = rows
        self.columns = columns
        self.channels = channels
    }
}

/// A row of 8-bit samples to be turned into floats: `output[i] = input[i] · scales[i mod period] + offsets[i mod period]`.
package struct NormalizeArguments {
    package var input: UnsafePointer<UInt8>
    package var output: UnsafeMutablePointer<Float>
    package var count: Int
    /// Both repeat the channels' values until a whole number of vectors is filled.
    package var scales: UnsafePointer<Float>
    package var offsets: UnsafePointer<Float>
    /// A multiple of the vector's width.
    package var period: Int

    package init(
        input: UnsafePointer<UInt8>,
        output: UnsafeMutablePointer<Float>,
        count: Int,
        scales: UnsafePointer<Float>,
        offsets: UnsafePointer<Float>,
        period: Int
    ) {
        self.input = input
        self.output = output
        self.count = count
        self.scales = scales
        self.offsets = offsets
        self.period = period
    }
}
