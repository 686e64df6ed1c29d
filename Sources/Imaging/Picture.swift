/// The two formats that are read.
package enum PictureFormat: String, Sendable {
    case jpeg, png

    /// As people write it.
    package var name: String {
        switch self {
        case .jpeg: "JPEG"
        case .png: "PNG"
        }
    }
}

/// A decoded, upright picture, already resized and cropped: 8-bit RGB, rows of `width * 3` bytes, top first.
package struct Picture: Sendable {
    package var width: Int
    package var height: Int
    package var pixels: [UInt8]
    package var format: PictureFormat
    /// The whole picture's size in pixels before resizing, upright.
    package var sourceWidth: Int
    package var sourceHeight: Int
    /// The part of the whole picture that is in it.
    package var region: PictureRegion

    package init(
        width: Int,
        height: Int,
        pixels: [UInt8],
        format: PictureFormat,
        sourceWidth: Int,
        sourceHeight: Int,
        region: PictureRegion? = nil
    ) {
        self.width = width
        self.height = height
        self.pixels = pixels
        self.format = format
        self.sourceWidth = sourceWidth
        self.sourceHeight = sourceHeight
        self.region = region ?? PictureRegion(x: 0, y: 0, width: Double(sourceWidth), height: Double(sourceHeight))
    }
}

/// A rectangle in the pixels of an upright picture. It reaches beyond the picture where the model's input does.
package struct PictureRegion: Sendable, Equatable {
    /// Of the left edge.
    package var x: Double
    /// Of the upper edge.
    package var y: Double
    package var width: Double
    package var height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}
