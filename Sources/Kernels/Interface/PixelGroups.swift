/// How lines of output pixels are cut into groups of as many pixels, each of which is one matrix of inputs.
package struct PixelGroups: Sendable {
    /// Rows of a matrix.
    package static var mostPixels: Int { 16 }

    /// Pixels of each group; the last one of a line is moved back to end with it.
    package let pixels: Int
    /// Of all lines.
    package let count: Int
    /// Where a line's last group begins.
    @usableFromInline let last: Int

    /// - Parameters:
    ///   - pixels: of each line, at least 1.
    package init(pixels: Int, lines: Int) {
        let most = PixelGroups.mostPixels
        var perLine = (pixels + most - 1) / most
        // Two are multiplied at a time: the last one is not left alone.
        if lines == 1, perLine > 1 { perLine += perLine % 2 }
        self.pixels = (pixels + perLine - 1) / perLine
        count = lines * ((pixels + self.pixels - 1) / self.pixels)
        last = pixels - self.pixels
    }

    /// Where a group begins.
    package struct Position {
        package let line: Int
        package let pixel: Int

        @inlinable package init(line: Int, pixel: Int) {
            self.line = line
            self.pixel = pixel
        }
    }

    /// Where the next group begins.
    @inlinable
    package func next(after position: Position) -> Position {
        guard position.pixel < last else { return Position(line: position.line + 1, pixel: 0) }
        return Position(line: position.line, pixel: Swift.min(position.pixel + pixels, last))
    }
}
