package import Imaging

extension Picture {
    /// The samples that a network takes: a picture's three, or their luma (ITU-R BT.601) for a network of one channel.
    ///
    /// - Returns: nil for other numbers of channels.
    package func samples(channels: Int) -> [UInt8]? {
        switch channels {
        case 3: return pixels
        case 1:
            return stride(from: 0, to: pixels.count - 2, by: 3).map { index in
                let red = 299 * Int(pixels[index])
                let green = 587 * Int(pixels[index + 1])
                let blue = 114 * Int(pixels[index + 2])
                return UInt8((red + green + blue + 500) / 1000)
            }
        default: return nil
        }
    }
}
