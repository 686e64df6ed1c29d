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

/// Strides that are known to the compiler: 1, inputs of neighbouring pixels are a block apart; 2, two pixels of three
/// channels side by side; 0, none is known.
private enum Known<let stride: Int> {}

/// Covers a line with tiles; the last one may reach three pixels beyond it.
private func cover<Input: Format, let rows: Int, let blocks: Int, let known: Int>(
    _ input: Input.Type,
    _ type: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    line: Int,
    _: Known<known>.Type
) {
    let a = arguments.a + line * arguments.aLineStride
    let c = arguments.c + line * arguments.cLineStride
    let aStride = known == 0 ? arguments.aStride : known == 1 ? Input.words : 6
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
        if arguments.aStride == Input.words {
            cover(input, type, arguments, line: line, Known<1>.self)
        } else if Input.isPictures, arguments.aStride == 6 {
            cover(input, type, arguments, line: line, Known<2>.self)
        } else {
            cover(input, GEMMTile<4, blocks>.self, arguments, line: line, Known<0>.self)
        }
    }
}
