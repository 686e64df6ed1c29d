internal import KernelInterface

/// Computes and stores the words of `rows` pixels of a line.
///
/// - Parameters:
///   - pixel: the first one, a multiple of four; what lies past the line's last one is stored as zeros. Where `rows` is
///     no multiple of four, the line ends with the tile.
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
    for quad in 0..<(rows + 3) / 4 {
        let r = quad * 4
        let last = rows - 1
        let first = pixel + r
        for j in 0..<blocks {
            var bytes = bytesByLane(
                numbers[r][j],
                numbers[Swift.min(r + 1, last)][j],
                numbers[Swift.min(r + 2, last)][j],
                numbers[Swift.min(r + 3, last)][j]
            )
            if first + 4 > pixels { bytes = select(firstBytes: pixels - first, of: bytes, otherwise: zeros) }
            store(c + first / 4 * width + j * blockStride, bytes)
        }
    }
}

/// The tiles that cover lines of quads: `rows` pixels, a multiple of four, and as many as end a line that is one or two
/// pixels shorter, or again `rows` where lines seldom are.
enum QuadTiles<let rows: Int, let long: Int, let short: Int, let blocks: Int> {}

/// The stride that is known to the compiler, in words: a block of bytes; of pictures, two pixels of three channels, or of
/// one word. None is for 0.
private enum Stride<let words: Int> {}

/// Covers a line with tiles; the last one may reach three pixels beyond it.
private func cover<
    Input: Format,
    let rows: Int,
    let long: Int,
    let short: Int,
    let blocks: Int,
    let stride: Int
>(
    _ input: Input.Type,
    _ tiles: QuadTiles<rows, long, short, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    line: Int,
    _: Stride<stride>.Type
) {
    let a = arguments.a + line * arguments.aLineStride
    let c = arguments.c + line * arguments.cLineStride
    let aStride = stride == 0 ? arguments.aStride : stride
    var pixel = 0
    while pixel + rows - 4 < arguments.pixels {
        let rest = arguments.pixels - pixel
        if short < rows, rest <= short {
            tile(input, GEMMTile<short, blocks>.self, arguments, a: a, c: c, pixel: pixel, aStride: aStride)
        } else if long < rows, rest <= long {
            tile(input, GEMMTile<long, blocks>.self, arguments, a: a, c: c, pixel: pixel, aStride: aStride)
        } else {
            tile(input, GEMMTile<rows, blocks>.self, arguments, a: a, c: c, pixel: pixel, aStride: aStride)
        }
        pixel += rows
    }
    while pixel < arguments.pixels {
        tile(input, GEMMTile<4, blocks>.self, arguments, a: a, c: c, pixel: pixel, aStride: aStride)
        pixel += 4
    }
}

/// Lines of quads: see `Element.uint8Quads`. Residuals are not added.
@inline(__always)
func runQuads<Input: Format, let rows: Int, let long: Int, let short: Int, let blocks: Int>(
    _ input: Input.Type,
    _ tiles: QuadTiles<rows, long, short, blocks>.Type,
    _ arguments: borrowing GEMMArguments
) {
    for line in 0..<arguments.lines {
        if rows > 4, Input.isBytes, arguments.aStride == UInt8Format.words {
            cover(input, tiles, arguments, line: line, Stride<4>.self)
        } else if rows > 4, Input.isBytes, arguments.aStride == 2 {
            cover(input, tiles, arguments, line: line, Stride<2>.self)
        } else if rows > 4, Input.isFloats, arguments.aStride == Input.pictureStride {
            cover(input, tiles, arguments, line: line, Stride<6>.self)
        } else {
            cover(input, QuadTiles<4, 4, 4, blocks>.self, arguments, line: line, Stride<0>.self)
        }
    }
}
