/// A row of a picture's planes to be turned into bytes: byte c of word i is `planes[c][i] · factors[c] + offsets[c]`,
/// rounded to nearest even and limited to 0…255. Bytes past the last channel are zero.
package struct PictureArguments {
    /// The first channel's row; the others' are `planeStride` floats apart.
    package var planes: UnsafePointer<Float>
    package var planeStride: Int
    /// 1 to 4.
    package var channels: Int
    /// Of each channel.
    package var factors: SIMD4<Float>
    package var offsets: SIMD4<Float>
    /// One word a pixel: see `Element.uint8`.
    package var output: UnsafeMutablePointer<Float>
    package var count: Int

    package init(
        planes: UnsafePointer<Float>,
        planeStride: Int,
        channels: Int,
        factors: SIMD4<Float>,
        offsets: SIMD4<Float>,
        output: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        self.planes = planes
        self.planeStride = planeStride
        self.channels = channels
        self.factors = factors
        self.offsets = offsets
        self.output = output
        self.count = count
    }
}
