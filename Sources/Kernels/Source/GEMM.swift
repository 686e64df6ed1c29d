internal import KernelInterface

/// A run of output pixels whose inputs are equally far apart: a line, or all lines where the inputs of neighbouring
/// pixels follow each other without a gap between lines.
struct Run {
    var a: UnsafePointer<Float>
    var c: UnsafeMutablePointer<Float>
    var residual: UnsafePointer<Float>?
    var pixels: Int
    /// Of the call's runs before this one.
    var pixelsBefore = 0
    /// Output pixels of a line. Outputs, unlike inputs, may have gaps between lines.
    let linePixels: Int
    /// Words of such a gap.
    let cGap: Int
    let residualGap: Int
}

/// A pixel of a run, counted by lines.
struct Position {
    let line: Int
    let column: Int

    /// - Parameter pixel: counted from the run's first.
    @inline(__always)
    init(_ pixel: Int, in run: Run) {
        line = run.pixels == run.linePixels ? 0 : pixel / run.linePixels
        column = pixel - line * run.linePixels
    }
}

/// Adds the residual, applies the activation and stores one tile's results.
///
/// - Parameters: as of `tile`.
@inline(__always)
func finish<Input: Format, Output: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _: Output.Type,
    _ sums: consuming GEMMTile<rows, blocks>,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    at position: Position,
    isPacked: Bool,
    mayCross: Bool
) {
    if Input.isBytes { sums = numbers(Input.self, sums, arguments) }
    let stride = isPacked ? Output.words : arguments.cStride
    let rest = mayCross ? run.linePixels - position.column : rows
    let first = (position.line * run.linePixels + position.column) * stride
    /// Words from the run's first output, or residual, to that of each pixel.
    func offsets(gap: Int) -> InlineArray<rows, Int> {
        let start = first + position.line * gap
        return InlineArray<rows, Int> { start + $0 * stride + ($0 < rest ? 0 : gap) }
    }

    if let residual = run.residual {
        let offsets = offsets(gap: run.residualGap)
        let factor = broadcast(arguments.mapping.residualFactor)
        for r in 0..<rows {
            for j in 0..<blocks {
                let other = Output.read(residual + offsets[r] + j * arguments.residualBlockStride)
                sums[r][j] = add(sums[r][j], Output.isBytes ? mul(other, factor) : other)
            }
        }
    }
    if Output.isBytes {
        let bytes = mapped(Input.self, sums, arguments)
        let (c, offsets, blockStride) = (run.c, offsets(gap: run.cGap), arguments.cBlockStride)
        storeBytes(bytes, to: c, offsets: offsets, blockStride: blockStride, areNeighbours: isPacked && !mayCross)
        return
    }
    let offsets = offsets(gap: run.cGap)
    let (c, blockStride, curve) = (run.c, arguments.cBlockStride, arguments.activation.curve)
    if case .none = curve {
        let lowest = broadcast(arguments.activation.lowest)
        let highest = broadcast(arguments.activation.highest)
        for r in 0..<rows {
            for j in 0..<blocks {
                Output.write(clamp(sums[r][j], lowest, highest), to: c + offsets[r] + j * blockStride)
            }
        }
        return
    }
    // A loop over memory: inlined for each register of the tile, curves would be kilobytes of code.
    withUnsafePointer(to: sums) { sums in
        var vector = UnsafeRawPointer(sums).assumingMemoryBound(to: Float.self)
        for r in 0..<rows {
            for j in 0..<blocks {
                let value = apply(curve, load(vector), Input.self)
                Output.write(value, to: c + offsets[r] + j * blockStride)
                vector += width
            }
        }
    }
}

/// Computes and stores `rows` pixels of a run from `pixel` on.
///
/// - Parameters:
///   - position: of `pixel`.
///   - aStride, isPacked, mayCross: literals at the calls that matter. Packed: neighbouring output pixels are neighbours
///     in memory.
@inline(__always)
private func tile<Input: Format, Output: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _: Output.Type,
    _: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    pixel: Int,
    at position: Position,
    aStride: Int,
    isPacked: Bool,
    mayCross: Bool
) {
    let sums = sums(
        Input.self,
        GEMMTile<rows, blocks>.self,
        arguments,
        a: run.a + pixel * aStride,
        aStride: aStride,
        next: nextWeights(Input.self, arguments, pixel: run.pixelsBefore + pixel, blocks: blocks)
    )
    finish(Input.self, Output.self, sums, arguments, run, at: position, isPacked: isPacked, mayCross: mayCross)
}

/// The tile for what is left of a run, and for runs whose strides are no literals.
#if KERNELS_AVX512
    typealias SmallTile<let blocks: Int> = GEMMTile<4, blocks>
    var smallRows: Int { 4 }
#else
    typealias SmallTile<let blocks: Int> = GEMMTile<2, blocks>
    var smallRows: Int { 2 }
#endif

/// Covers a run with tiles of `rows`, or of `smallRows` where that is enough at the end. The last tile is moved back to
/// end with the run: the pixels that it computes again get the same values.
///
/// - Precondition: the run has at least `smallRows` pixels.
@inline(__always)
private func cover<Input: Format, Output: Format, let rows: Int, let blocks: Int>(
    _ input: Input.Type,
    _ output: Output.Type,
    _ type: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    aStride: Int,
    isPacked: Bool,
    mayCross: Bool
) {
    let pixels = run.pixels
    let (full, rest) = pixels.quotientAndRemainder(dividingBy: rows)
    let tiles = rest > smallRows && full > 0 ? full + 1 : full
    for index in 0..<tiles {
        let start = Swift.min(index * rows, pixels - rows)
        tile(
            input,
            output,
            type,
            arguments,
            run,
            pixel: start,
            at: Position(start, in: run),
            aStride: aStride,
            isPacked: isPacked,
            mayCross: mayCross
        )
    }
    var pixel = tiles * rows
    while pixel < pixels {
        let start = Swift.min(pixel, pixels - smallRows)
        tile(
            input,
            output,
            SmallTile<blocks>.self,
            arguments,
            run,
            pixel: start,
            at: Position(start, in: run),
            aStride: aStride,
            isPacked: isPacked,
            mayCross: mayCross
        )
        pixel += smallRows
    }
}

/// Strides that are known to the compiler: inputs of neighbouring pixels are a block apart, or (`isPicture` = 1) two
/// pixels of three channels side by side; outputs are packed. `mayCross` = 1: tiles cross from one line to the next.
private enum Known<let isPicture: Int, let mayCross: Int> {}

private func cover<
    Input: Format,
    Output: Format,
    let rows: Int,
    let blocks: Int,
    let isPicture: Int,
    let mayCross: Int
>(
    _ input: Input.Type,
    _ output: Output.Type,
    _ type: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    _: Known<isPicture, mayCross>.Type
) {
    cover(
        input,
        output,
        type,
        arguments,
        run,
        aStride: isPicture == 1 ? Input.pictureStride : Input.words,
        isPacked: true,
        mayCross: mayCross == 1
    )
}

/// Chooses the code for a run's strides.
@inline(__always)
private func cover<Input: Format, Output: Format, let rows: Int, let blocks: Int>(
    _ input: Input.Type,
    _ output: Output.Type,
    _ type: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    _ run: Run,
    isPacked: Bool
) {
    let aStride = arguments.aStride
    if run.pixels < smallRows {
        for pixel in 0..<run.pixels {
            tile(
                input,
                output,
                GEMMTile<1, blocks>.self,
                arguments,
                run,
                pixel: pixel,
                at: Position(pixel, in: run),
                aStride: aStride,
                isPacked: false,
                mayCross: true
            )
        }
    } else if isPacked, aStride == Input.words, rows > smallRows {
        if run.pixels == run.linePixels {
            cover(input, output, type, arguments, run, Known<0, 0>.self)
        } else {
            cover(input, output, type, arguments, run, Known<0, 1>.self)
        }
    } else if Input.pictureStride > 0, isPacked, aStride == Input.pictureStride, rows > smallRows {
        cover(input, output, type, arguments, run, Known<1, 0>.self)
    } else {
        cover(
            input,
            output,
            SmallTile<blocks>.self,
            arguments,
            run,
            aStride: aStride,
            isPacked: false,
            mayCross: true
        )
    }
}

/// The call's lines, one after the other or as one run.
@inline(__always)
func run<Input: Format, Output: Format, let rows: Int, let blocks: Int>(
    _ input: Input.Type,
    _ output: Output.Type,
    _ type: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments
) {
    let (pixels, aStride, aLineStride) = (arguments.pixels, arguments.aStride, arguments.aLineStride)
    let lineSpan = pixels * arguments.cStride
    let isPacked = arguments.cStride == Output.words
    // A tile crosses from one line to the next at most.
    let isContinuous = aStride == Input.words && aLineStride == pixels * Input.words
    let crosses = isContinuous && isPacked && !Output.isBytes && pixels > rows && pixels % rows != 0
    var run = Run(
        a: arguments.a,
        c: arguments.c,
        residual: arguments.residual,
        pixels: crosses ? arguments.lines * pixels : pixels,
        linePixels: pixels,
        cGap: arguments.cLineStride - lineSpan,
        residualGap: arguments.residualLineStride - lineSpan
    )
    for _ in 0..<(crosses ? 1 : arguments.lines) {
        cover(input, output, type, arguments, run, isPacked: isPacked)
        run.a += aLineStride
        run.pixelsBefore += run.pixels
        run.c += arguments.cLineStride
        if let residual = run.residual { run.residual = residual + arguments.residualLineStride }
    }
}

/// Chooses the code for the output's format.
@inline(__always)
func run<Input: Format, let rows: Int, let quadRows: Int, let long: Int, let short: Int, let blocks: Int>(
    _ input: Input.Type,
    _ type: GEMMTile<rows, blocks>.Type,
    quads: QuadTiles<quadRows, long, short, blocks>.Type,
    _ arguments: borrowing GEMMArguments
) {
    #if KERNELS_BF16
        // Of all pairs those that plans are full of.
        switch arguments.output {
        case .float32: return run(input, Float32Format.self, type, arguments)
        case .bfloat16: if !Input.isFloats, !Input.isBytes { return run(input, BFloat16Format.self, type, arguments) }
        case .uint8: if !Input.isFloats { return run(input, UInt8Format.self, type, arguments) }
        case .uint8Quads:
            if Input.isFloats || Input.isBytes { return runQuads(input, quads, arguments) }
        }
    #endif
    if case .float32 = arguments.output { return run(input, Float32Format.self, type, arguments) }
    runBlockwise(input, blocks: blocks, arguments)
}

/// Seldom, or for checks only: the least code. One block of the panel after the other.
func runBlockwise<Input: Format>(_ input: Input.Type, blocks: Int, _ arguments: borrowing GEMMArguments) {
    for index in 0..<blocks {
        var block = copy arguments
        block.b += index * width
        block.bias += index * width
        block.scales += index * width
        block.c += index * arguments.cBlockStride
        if let residual = block.residual { block.residual = residual + index * arguments.residualBlockStride }
        switch arguments.output {
        case .float32: run(input, Float32Format.self, SmallTile<1>.self, block)
        case .bfloat16: run(input, BFloat16Format.self, SmallTile<1>.self, block)
        case .uint8: run(input, UInt8Format.self, SmallTile<1>.self, block)
        case .uint8Quads: runQuads(input, QuadTiles<4, 4, 4, 1>.self, block)
        }
    }
}
