/// A row of a picture's 8-bit samples, channels side by side, to be stored as the first layer reads them.
///
/// As floats, sample i is stored as `samples[i] · scales[i mod period] + offsets[i mod period]`; in bf16 pixels of three
/// channels fill two words, with a fourth number that is the fourth of `offsets`; as bytes samples stay as they are, one
/// word a pixel, and bytes past the last channel are zero.
package struct PictureSampleArguments {
    package var samples: UnsafePointer<UInt8>
    package var channels: Int
    package var element: Element
    package var output: UnsafeMutablePointer<Float>
    /// Pixels.
    package var count: Int
    /// Both repeat the values of a stored pixel until a whole number of vectors is filled; nil for bytes.
    package var scales: UnsafePointer<Float>?
    package var offsets: UnsafePointer<Float>?
    /// A multiple of the vector's width.
    package var period: Int

    package init(
        samples: UnsafePointer<UInt8>,
        channels: Int,
        element: Element,
        output: UnsafeMutablePointer<Float>,
        count: Int,
        scales: UnsafePointer<Float>?,
        offsets: UnsafePointer<Float>?,
        period: Int
    ) {
        self.samples = samples
        self.channels = channels
        self.element = element
        self.output = output
        self.count = count
        self.scales = scales
        self.offsets = offsets
        self.period = period
    }
}

/// A row of a picture's planes to be stored as the first layer reads it.
///
/// Floats stand side by side as they are; in bf16 so do three channels and a zero; byte c of word i is
/// `planes[c][i] · factors[c] + offsets[c]`, rounded to nearest even and limited to 0…255, and bytes past the last channel
/// are zero.
package struct PicturePlaneArguments {
    /// The first channel's row; the others' are `planeStride` floats apart.
    package var planes: UnsafePointer<Float>
    package var planeStride: Int
    /// 3 in bf16, 1 to 4 as bytes.
    package var channels: Int
    package var element: Element
    /// Of each channel, for bytes.
    package var factors: SIMD4<Float>
    package var offsets: SIMD4<Float>
    package var output: UnsafeMutablePointer<Float>
    /// Pixels.
    package var count: Int

    package init(
        planes: UnsafePointer<Float>,
        planeStride: Int,
        channels: Int,
        element: Element,
        factors: SIMD4<Float> = .one,
        offsets: SIMD4<Float> = .zero,
        output: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        self.planes = planes
        self.planeStride = planeStride
        self.channels = channels
        self.element = element
        self.factors = factors
        self.offsets = offsets
        self.output = output
        self.count = count
    }
}
