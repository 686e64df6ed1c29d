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

    package init(
        width: Int,
        height: Int,
        pixels: [UInt8],
        format: PictureFormat,
        sourceWidth: Int,
        sourceHeight: Int
    ) {
        self.width = width
        self.height = height
        self.pixels = pixels
        self.format = format
        self.sourceWidth = sourceWidth
        self.sourceHeight = sourceHeight
    }
}
