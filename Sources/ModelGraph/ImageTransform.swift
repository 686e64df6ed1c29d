/// How a picture becomes a model's input, in timm's terms: resize, crop, normalise.
package struct ImageTransform: Sendable, Equatable {
    package enum Interpolation: String, Sendable, CaseIterable {
        case nearest, bilinear, bicubic, lanczos
    }

    package enum CropMode: String, Sendable, CaseIterable {
        /// The shorter side is resized to input / cropFraction, then the centre is cut out.
        case center
        /// Both sides are resized to input / cropFraction without regard to the aspect ratio, then the centre is cut out.
        case squash
    }

    /// The input's size in pixels.
    package var width: Int
    package var height: Int
    package var cropFraction: Double
    package var cropMode: CropMode
    package var interpolation: Interpolation
    /// Per channel, of values in 0…1: input = (value − mean) / standardDeviation.
    package var mean: [Float]
    package var standardDeviation: [Float]

    package init(
        width: Int,
        height: Int,
        cropFraction: Double = 0.875,
        cropMode: CropMode = .center,
        interpolation: Interpolation = .bicubic,
        mean: [Float],
        standardDeviation: [Float]
    ) {
        self.width = width
        self.height = height
        self.cropFraction = cropFraction
        self.cropMode = cropMode
        self.interpolation = interpolation
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    /// A channel's mean and standard deviation; the last ones are those of all channels behind, too. Zeros where there are
    /// none.
    package func normalization(ofChannel channel: Int) -> (mean: Float, standardDeviation: Float) {
        func value(_ values: [Float]) -> Float { values.isEmpty ? 0 : values[min(channel, values.count - 1)] }
        return (value(mean), value(standardDeviation))
    }
}
