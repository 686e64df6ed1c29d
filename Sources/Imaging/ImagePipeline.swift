/// From a compressed body to the pixels that a model takes.
package struct ImagePipeline: Sendable {
    /// How the picture is brought to the model's input size; timm's resize and crop.
    package struct Framing: Sendable, Equatable {
        package enum Mode: Sendable { case center, squash }
        package enum Filter: Sendable { case bilinear, bicubic, lanczos }

        package var width: Int
        package var height: Int
        package var cropFraction: Double
        package var mode: Mode
        package var filter: Filter

        package init(width: Int, height: Int, cropFraction: Double, mode: Mode = .center, filter: Filter = .bicubic) {
            self.width = width
            self.height = height
            self.cropFraction = cropFraction
            self.mode = mode
            self.filter = filter
        }
    }

    /// What a picture may cost at most.
    package struct Limits: Sendable, Equatable {
        package var pixels = 64_000_000
        /// Bytes of all decodes that run at the same time.
        package var decodeMemory = 256 << 20

        package init() {}
    }

    package init(framing: Framing, limits: Limits = Limits()) {}

    /// Decodes, turns upright, resizes and crops, on the calling thread.
    package func callAsFunction(_ bytes: [UInt8]) throws(ImageError) -> Picture {
        throw .empty
    }
}
