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
