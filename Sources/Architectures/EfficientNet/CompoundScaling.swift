/// Compound scaling (Tan and Le, "EfficientNet", 2019): one baseline network, made wider, deeper and fed with larger
/// pictures together.
package struct CompoundScaling: Sendable, Equatable {
    /// Factor of the channels of every layer.
    package var width: Double
    /// Factor of the repeats of every stage.
    package var depth: Double
    /// Side of the input in pixels.
    package var resolution: Int

    package init(width: Double, depth: Double, resolution: Int) {
        self.width = width
        self.depth = depth
        self.resolution = resolution
    }

    /// Channels times width, to the nearest multiple of 8.
    ///
    /// - Parameter lowestShare: less than this share of the product is never left; 8 more are taken instead.
    package func channels(_ channels: Int, lowestShare: Double = 0.9) -> Int {
        let divisor = 8
        let scaled = Double(channels) * width
        let rounded = max(divisor, Int(scaled + Double(divisor) / 2) / divisor * divisor)
        return Double(rounded) < lowestShare * scaled ? rounded + divisor : rounded
    }

    /// Repeats times depth, rounded up.
    package func repeats(_ repeats: Int) -> Int {
        Int((Double(repeats) * depth).rounded(.up))
    }
}
