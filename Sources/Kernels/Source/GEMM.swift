internal import KernelInterface

/// Sums of one register tile: `rows` pixels × `blocks` vectors of output channels.
private typealias Tile<let rows: Int, let blocks: Int> = InlineArray<rows, InlineArray<blocks, Vector>>

/// One input channel: the outer product of `rows` inputs and `blocks` vectors of weights.
@inline(__always)
private func accumulate<let rows: Int, let blocks: Int>(
    _ sums: inout Tile<rows, blocks>,
    a: UnsafePointer<Float>,
    aStride: Int,
    b: UnsafePointer<Float>
) {
    let weights = InlineArray<blocks, Vector> { load(b + $0 * width) }
    for r in 0..<rows {
        let input = broadcast(a[r * aStride])
        for j in 0..<blocks { sums[r][j] = fma(input, weights[j], sums[r][j]) }
    }
}

/// The pointers of one line.
private struct Line {
    var a: UnsafePointer<Float>
    var c: UnsafeMutablePointer<Float>
    var residual: UnsafePointer<Float>?
}

/// Computes and stores `rows` pixels of a line from `pixel` on.
///
/// - Parameter aStride: a literal at the calls that matter, so that the rows' addresses are displacements.
@inline(__always)
private func tile<let rows: Int, let blocks: Int>(
    _: Tile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ line: Line,
    pixel: Int,
    aStride: Int
) {
    let firstBias = arguments.bias
    let bias = InlineArray<blocks, Vector> { load(firstBias + $0 * width) }
    var sums = Tile<rows, blocks> { _ in bias }

    let a = line.a + pixel * aStride
    var b = arguments.b
    for t in 0..<arguments.fullTaps {
        let source = a + arguments.tapOffsets[t]
        for k in 0..<width {
            accumulate(&sums, a: source + k, aStride: aStride, b: b)
            b += blocks * width
        }
    }
    for t in 0..<arguments.tailTaps {
        let source = a + arguments.tapOffsets[arguments.fullTaps + t]
        for k in 0..<arguments.tailSteps {
            accumulate(&sums, a: source + k, aStride: aStride, b: b)
            b += blocks * width
        }
    }

    if let residual = line.residual {
        let first = residual + pixel * arguments.cStride
        for r in 0..<rows {
            for j in 0..<blocks {
                let other = load(first + r * arguments.cStride + j * arguments.residualBlockStride)
                sums[r][j] = add(sums[r][j], other)
            }
        }
    }
    let lowest = broadcast(arguments.activation.lowest)
    let highest = broadcast(arguments.activation.highest)
    let c = line.c + pixel * arguments.cStride
    for r in 0..<rows {
        for j in 0..<blocks {
            store(c + r * arguments.cStride + j * arguments.cBlockStride, clamp(sums[r][j], lowest, highest))
        }
    }
    applyCurve(
        arguments.activation.curve,
        c,
        count: rows,
        stride: arguments.cStride,
        blocks: blocks,
        blockStride: arguments.cBlockStride
    )
}

/// The tile for what is left of a line, and for lines whose stride is no literal.
#if KERNELS_AVX512
    private typealias SmallTile<let blocks: Int> = Tile<4, blocks>
    private var smallRows: Int { 4 }
#else
    private typealias SmallTile<let blocks: Int> = Tile<2, blocks>
    private var smallRows: Int { 2 }
#endif

/// Covers a line with tiles of `rows`, or of `smallRows` where that is enough at the end. The last tile is moved back to
/// end with the line: the pixels that it computes again get the same values.
///
/// - Precondition: the line has at least `smallRows` pixels.
@inline(__always)
private func cover<let rows: Int, let blocks: Int>(
    _ type: Tile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ line: Line,
    aStride: Int
) {
    let pixels = arguments.pixels
    var pixel = 0
    while pixels - pixel >= rows {
        tile(type, arguments, line, pixel: pixel, aStride: aStride)
        pixel += rows
    }
    if pixels - pixel > smallRows, pixels >= rows {
        tile(type, arguments, line, pixel: pixels - rows, aStride: aStride)
    } else {
        while pixel < pixels {
            let start = Swift.min(pixel, pixels - smallRows)
            tile(SmallTile<blocks>.self, arguments, line, pixel: start, aStride: aStride)
            pixel += smallRows
        }
    }
}

/// The strides that matter are literals: neighbouring pixels of blocked channels, and every second pixel of the
/// network's input with three channels side by side.
@inline(__always)
private func run<let rows: Int, let blocks: Int>(
    _ type: Tile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments
) {
    var line = Line(a: arguments.a, c: arguments.c, residual: arguments.residual)
    for _ in 0..<arguments.lines {
        if arguments.pixels < smallRows {
            for pixel in 0..<arguments.pixels {
                tile(Tile<1, blocks>.self, arguments, line, pixel: pixel, aStride: arguments.aStride)
            }
        } else {
            switch arguments.aStride {
            case width: cover(type, arguments, line, aStride: width)
            case 6: cover(type, arguments, line, aStride: 6)
            default: cover(SmallTile<blocks>.self, arguments, line, aStride: arguments.aStride)
            }
        }
        line.a += arguments.aLineStride
        line.c += arguments.cLineStride
        if let residual = line.residual { line.residual = residual + arguments.residualLineStride }
    }
}

// Tiles fill the registers: sums, one vector of weights a block, one input.
#if KERNELS_AVX512
    let gemm1 = GEMMKernel(rows: 14, smallRows: smallRows, blocks: 1) { run(Tile<14, 1>.self, $0) }
    let gemm2 = GEMMKernel(rows: 12, smallRows: smallRows, blocks: 2) { run(Tile<12, 2>.self, $0) }
    let gemm3 = GEMMKernel(rows: 7, smallRows: smallRows, blocks: 3) { run(Tile<7, 3>.self, $0) }
    let gemm4 = GEMMKernel(rows: 7, smallRows: smallRows, blocks: 4) { run(Tile<7, 4>.self, $0) }
#else
    let gemm1 = GEMMKernel(rows: 7, smallRows: smallRows, blocks: 1) { run(Tile<7, 1>.self, $0) }
    let gemm2 = GEMMKernel(rows: 6, smallRows: smallRows, blocks: 2) { run(Tile<6, 2>.self, $0) }
    let gemm3 = GEMMKernel(rows: 3, smallRows: smallRows, blocks: 3) { run(Tile<3, 3>.self, $0) }
    let gemm4 = GEMMKernel(rows: 2, smallRows: smallRows, blocks: 4) { run(Tile<2, 4>.self, $0) }
#endif
