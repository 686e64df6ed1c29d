/// Cyan, magenta, yellow and black to red, green and blue. Adobe's programs store the amount of paper left white rather
/// than the amount of ink, and every reader takes that for granted in JPEG.
enum InkConversion {
    /// Turns pixels of four inverted inks into red, green, blue and a byte to ignore, in place: the light that the black
    /// leaves, less that share of it which the ink takes.
    static func convert(_ pixels: UnsafeMutableBufferPointer<UInt8>) {
        for start in stride(from: 0, to: pixels.count - 3, by: 4) {
            let light = Int32(pixels[start + 3])
            for channel in start..<start + 3 {
                let product = (255 - Int32(pixels[channel])) * light + 128
                // The product over 255, rounded.
                let taken = ((product >> 8) + product) >> 8
                pixels[channel] = UInt8(clamping: light - taken)
            }
        }
    }
}
