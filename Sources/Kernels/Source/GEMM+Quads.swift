internal import KernelInterface

/// Computes and stores the words of `rows` pixels of a line, a multiple of four.
///
/// - Parameters:
///   - pixel: the first one, a multiple of four; what lies past the line's last one is stored as zeros.
///   - aStride: a literal at the calls that matter.
@inline(__always)
private func tile<Input: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    a: UnsafePointer<Float>,
    c: UnsafeMutablePointer<Float>,
    pixel: Int,
    aStride: Int
) {
    let sums = sums(Input.self, GEMMTile<rows, blocks>.self, arguments, a: a + pixel * aStride, aStride: aStride)
    let numbers = mapped(Input.self, Input.isBytes ? numbers(Input.self, sums, arguments) : sums, arguments)
    let (pixels, blockStride) = (arguments.pixels, arguments.cBlockStride)
    let zeros = broadcast(arguments.mapping.zeroWord)
    for quad in 0..<rows / 4 {
        let r = quad * 4
        let first = pixel + r
        for j in 0..<blocks {
            var bytes = bytesByLane(numbers[r][j], numbers[r + 1][j], numbers[r + 2][j], numbers[r + 3][j])
            if first + 4 > pixels { bytes = select(firstBytes: pixels - first, of: bytes, otherwise: zeros) }
            store(c + first / 4 * width + j * blockStride, bytes)
        }
    }
}

/// The stride that is known to the compiler: two pixels of three channels side by side for pictures, else a block. Or
/// (`isKnown` = 0) none is.
private enum Stride<let isKnown: Int> {}

/// Covers a line with tiles; the last one may reach three pixels beyond it.
private func cover<Input: Format, let rows: Int, let blocks: Int, let isKnown: Int>(
    _ input: Input.Type,
    _ type: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    line: Int,
    _: Stride<isKnown>.Type
) {
    let a = arguments.a + line * arguments.aLineStride
    let c = arguments.c + line * arguments.cLineStride
    let aStride = isKnown == 0 ? arguments.aStride : Input.isPictures ? 6 : Input.words
    var pixel = 0
    while pixel + rows - 4 < arguments.pixels {
        tile(input, type, arguments, a: a, c: c, pixel: pixel, aStride: aStride)
        pixel += rows
    }
    while pixel < arguments.pixels {
        tile(input, GEMMTile<4, blocks>.self, arguments, a: a, c: c, pixel: pixel, aStride: aStride)
        pixel += 4
    }
}

/// Lines of quads: see `Element.uint8Quads`. Residuals are not added.
@inline(__always)
func runQuads<Input: Format, let rows: Int, let blocks: Int>(
    _ input: Input.Type,
    _ type: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments
) {
    for line in 0..<arguments.lines {
        // Inputs of bytes are always a block apart.
        let isKnown = Input.isBytes ? true : arguments.aStride == (Input.isPictures ? 6 : Input.words)
        if rows > 4, isKnown {
            cover(input, type, arguments, line: line, Stride<1>.self)
        } else {
            cover(input, GEMMTile<4, blocks>.self, arguments, line: line, Stride<0>.self)
        }
    }
}
