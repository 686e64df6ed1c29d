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

/// A run of output pixels whose inputs are equally far apart: a line, or all lines where the inputs of neighbouring
/// pixels follow each other without a gap between lines.
private struct Run {
    var a: UnsafePointer<Float>
    var c: UnsafeMutablePointer<Float>
    var residual: UnsafePointer<Float>?
    var pixels: Int
    /// Output pixels of a line. Outputs, unlike inputs, may have gaps between lines.
    let linePixels: Int
    /// Floats of such a gap.
    let cGap: Int
    let residualGap: Int
}

/// A pixel of a run, counted by lines.
private struct Position {
    var line = 0
    var column = 0

    /// Moves on by some pixels.
    @inline(__always)
    mutating func advance(by pixels: Int, in run: Run) {
        column += pixels
        while column >= run.linePixels {
            column -= run.linePixels
            line += 1
        }
    }
}

/// Adds the residual and stores one tile's results.
///
/// - Parameters:
///   - c: floats from the run's first output to that of each pixel.
///   - residual: the same for the residual.
@inline(__always)
private func finish<let rows: Int, let blocks: Int>(
    _ sums: consuming Tile<rows, blocks>,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    c offsets: InlineArray<rows, Int>,
    residual residualOffsets: InlineArray<rows, Int>
) {
    if let residual = run.residual {
        for r in 0..<rows {
            for j in 0..<blocks {
                let other = load(residual + residualOffsets[r] + j * arguments.residualBlockStride)
                sums[r][j] = add(sums[r][j], other)
            }
        }
    }
    let lowest = broadcast(arguments.activation.lowest)
    let highest = broadcast(arguments.activation.highest)
    for r in 0..<rows {
        for j in 0..<blocks {
            store(run.c + offsets[r] + j * arguments.cBlockStride, clamp(sums[r][j], lowest, highest))
        }
    }
    if case .none = arguments.activation.curve { return }
    for r in 0..<rows {
        applyCurve(arguments.activation.curve, run.c + offsets[r], count: blocks, stride: arguments.cBlockStride)
    }
}

/// Computes and stores `rows` pixels of a run from `pixel` on.
///
/// - Parameters:
///   - position: of `pixel`.
///   - aStride, cStride, mayCross: literals at the calls that matter.
@inline(__always)
private func tile<let rows: Int, let blocks: Int>(
    _: Tile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    pixel: Int,
    at position: Position,
    aStride: Int,
    cStride: Int,
    mayCross: Bool
) {
    let firstBias = arguments.bias
    let bias = InlineArray<blocks, Vector> { load(firstBias + $0 * width) }
    var sums = Tile<rows, blocks> { _ in bias }

    let a = run.a + pixel * aStride
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

    let (column, cGap, residualGap) = (position.column, run.cGap, run.residualGap)
    let rest = mayCross ? run.linePixels - column : rows
    let first = (position.line * run.linePixels + column) * cStride
    let (c, residual) = (first + position.line * cGap, first + position.line * residualGap)
    finish(
        sums,
        arguments,
        run,
        c: InlineArray<rows, Int> { c + $0 * cStride + ($0 < rest ? 0 : cGap) },
        residual: InlineArray<rows, Int> { residual + $0 * cStride + ($0 < rest ? 0 : residualGap) }
    )
}

/// The tile for what is left of a run, and for runs whose stride is no literal.
#if KERNELS_AVX512
    private typealias SmallTile<let blocks: Int> = Tile<4, blocks>
    private var smallRows: Int { 4 }
#else
    private typealias SmallTile<let blocks: Int> = Tile<2, blocks>
    private var smallRows: Int { 2 }
#endif

/// Covers a run with tiles of `rows`, or of `smallRows` where that is enough at the end. The last tile is moved back to
/// end with the run: the pixels that it computes again get the same values.
///
/// - Precondition: the run has at least `smallRows` pixels.
@inline(__always)
private func cover<let rows: Int, let blocks: Int>(
    _ type: Tile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    aStride: Int,
    cStride: Int,
    mayCross: Bool
) {
    let pixels = run.pixels
    var pixel = 0
    var position = Position()
    while pixels - pixel >= rows {
        tile(type, arguments, run, pixel: pixel, at: position, aStride: aStride, cStride: cStride, mayCross: mayCross)
        pixel += rows
        position.advance(by: rows, in: run)
    }
    if pixels - pixel > smallRows, pixels >= rows {
        position = Position()
        position.advance(by: pixels - rows, in: run)
        tile(type, arguments, run, pixel: pixels - rows, at: position, aStride: aStride, cStride: cStride, mayCross: mayCross)
    } else {
        while pixel < pixels {
            let start = Swift.min(pixel, pixels - smallRows)
            position = Position()
            position.advance(by: start, in: run)
            tile(SmallTile<blocks>.self, arguments, run, pixel: start, at: position, aStride: aStride, cStride: cStride, mayCross: mayCross)
            pixel += smallRows
        }
    }
}

/// What is known to the compiler of a run: its strides, so that addresses are displacements, and whether tiles may
/// cross from one line to the next (1) or not (0).
private enum Known<let aStride: Int, let cStride: Int, let crossing: Int> {}

private func cover<let rows: Int, let blocks: Int, let aStride: Int, let cStride: Int, let crossing: Int>(
    _ type: Tile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    _: Known<aStride, cStride, crossing>.Type
) {
    cover(type, arguments, run, aStride: aStride, cStride: cStride, mayCross: crossing == 1)
}

#if KERNELS_AVX512
    private typealias Line = Known<16, 16, 0>
    private typealias Lines = Known<16, 16, 1>
    private typealias PictureLine = Known<6, 16, 0>
#elseif KERNELS_AVX2
    private typealias Line = Known<8, 8, 0>
    private typealias Lines = Known<8, 8, 1>
    private typealias PictureLine = Known<6, 8, 0>
#else
    private typealias Line = Known<4, 4, 0>
    private typealias Lines = Known<4, 4, 1>
    private typealias PictureLine = Known<6, 4, 0>
#endif

/// The strides that matter are known: neighbouring pixels of blocked channels, and every second pixel of the
/// network's input with three channels side by side.
@inline(__always)
private func cover<let rows: Int, let blocks: Int>(
    _ type: Tile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ run: Run
) {
    let (aStride, cStride) = (arguments.aStride, arguments.cStride)
    if run.pixels < smallRows {
        var position = Position()
        for pixel in 0..<run.pixels {
            tile(
                Tile<1, blocks>.self,
                arguments,
                run,
                pixel: pixel,
                at: position,
                aStride: aStride,
                cStride: cStride,
                mayCross: false
            )
            position.advance(by: 1, in: run)
        }
    } else if cStride == width, aStride == width {
        if run.pixels == run.linePixels {
            cover(type, arguments, run, Line.self)
        } else {
            cover(type, arguments, run, Lines.self)
        }
    } else if cStride == width, aStride == 6 {
        cover(type, arguments, run, PictureLine.self)
    } else {
        cover(SmallTile<blocks>.self, arguments, run, aStride: aStride, cStride: cStride, mayCross: true)
    }
}

@inline(__always)
private func run<let rows: Int, let blocks: Int>(
    _ type: Tile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments
) {
    let (pixels, aLineStride) = (arguments.pixels, arguments.aLineStride)
    let lineSpan = pixels * arguments.cStride
    // A tile crosses from one line to the next at most.
    let isContinuous = aLineStride == pixels * arguments.aStride && pixels > rows && pixels % rows != 0
    var run = Run(
        a: arguments.a,
        c: arguments.c,
        residual: arguments.residual,
        pixels: isContinuous ? arguments.lines * pixels : pixels,
        linePixels: pixels,
        cGap: arguments.cLineStride - lineSpan,
        residualGap: arguments.residualLineStride - lineSpan
    )
    for _ in 0..<(isContinuous ? 1 : arguments.lines) {
        cover(type, arguments, run)
        run.a += aLineStride
        run.c += arguments.cLineStride
        if let residual = run.residual { run.residual = residual + arguments.residualLineStride }
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
