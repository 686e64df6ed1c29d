internal import KernelInterface

/// Sums of neighbouring output pixels of one row.
private typealias Tile<let pixels: Int> = InlineArray<pixels, Vector>

/// A window whose size is known to the compiler.
private enum Window<let size: Int, let stride: Int> {}

/// Where a tile lies, and what its window measures: literals at the calls that matter.
private struct Place {
    let input: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let kernelHeight: Int
    let kernelWidth: Int
    let stride: Int
}

/// Adds to `sums` the products of row `ky` of the window, whose inputs begin at `row`. Each sum takes its taps in their
/// order, in whatever tile.
@inline(__always)
private func addRow<let pixels: Int>(
    _ ky: Int,
    of row: UnsafePointer<Float>,
    to sums: inout Tile<pixels>,
    _ arguments: borrowing DepthwiseArguments,
    _ place: Place
) {
    let weights = arguments.weights + ky * place.kernelWidth * width
    for kx in 0..<place.kernelWidth {
        let weight = load(weights + kx * width)
        for p in 0..<pixels {
            sums[p] = fma(load(row + (p * place.stride + kx) * width), weight, sums[p])
        }
    }
}

/// Computes and stores `pixels` neighbouring output pixels of one row.
@inline(__always)
private func tile<let pixels: Int>(_: Tile<pixels>.Type, _ arguments: borrowing DepthwiseArguments, _ place: Place) {
    let bias = load(arguments.bias)
    var sums = Tile<pixels> { _ in bias }
    for ky in 0..<place.kernelHeight {
        addRow(ky, of: place.input + ky * arguments.inputRowStride, to: &sums, arguments, place)
    }
    finish(sums, arguments, place.output)
}

/// Computes and stores `pixels` neighbouring output pixels of two rows, whose windows share inputs.
@inline(__always)
private func pair<let pixels: Int>(_: Tile<pixels>.Type, _ arguments: borrowing DepthwiseArguments, _ place: Place) {
    let bias = load(arguments.bias)
    var upper = Tile<pixels> { _ in bias }
    var lower = Tile<pixels> { _ in bias }
    let (kernelHeight, kernelWidth, stride) = (place.kernelHeight, place.kernelWidth, place.stride)
    for ky in 0..<stride {
        addRow(ky, of: place.input + ky * arguments.inputRowStride, to: &upper, arguments, place)
    }
    for ky in stride..<kernelHeight {
        let row = place.input + ky * arguments.inputRowStride
        let weights = arguments.weights + ky * kernelWidth * width
        for kx in 0..<kernelWidth {
            let upperWeight = load(weights + kx * width)
            let lowerWeight = load(weights + (kx - stride * kernelWidth) * width)
            for p in 0..<pixels {
                let value = load(row + (p * stride + kx) * width)
                upper[p] = fma(value, upperWeight, upper[p])
                lower[p] = fma(value, lowerWeight, lower[p])
            }
        }
    }
    for ky in kernelHeight - stride..<kernelHeight {
        addRow(ky, of: place.input + (ky + stride) * arguments.inputRowStride, to: &lower, arguments, place)
    }
    finish(upper, arguments, place.output)
    finish(lower, arguments, place.output + arguments.outputRowStride)
}

/// Applies the activation, and stores the results as their format asks for.
@inline(__always)
private func finish<let pixels: Int>(
    _ sums: Tile<pixels>,
    _ arguments: borrowing DepthwiseArguments,
    _ output: UnsafeMutablePointer<Float>
) {
    switch arguments.outputElement {
    case .float32: finish(Float32Format.self, sums, arguments.activation, output)
    case .bfloat16: finish(BFloat16Format.self, sums, arguments.activation, output)
    case .uint8, .uint8Quads: break  // Never planned.
    }
}

/// Applies the activation, and stores the results.
@inline(__always)
private func finish<Output: Format, let pixels: Int>(
    _: Output.Type,
    _ sums: Tile<pixels>,
    _ activation: Activation,
    _ output: UnsafeMutablePointer<Float>
) {
    let results: Tile<pixels>
    switch activation.curve {
    case .none:
        let (lowest, highest) = (broadcast(activation.lowest), broadcast(activation.highest))
        results = Tile<pixels> { clamp(sums[$0], lowest, highest) }
    case .swish: results = Tile<pixels> { apply(.swish, sums[$0], Output.self) }
    case .sigmoid: results = Tile<pixels> { apply(.sigmoid, sums[$0], Output.self) }
    }
    for p in 0..<pixels { Output.write(results[p], to: output + p * Output.words) }
}

/// All rows, each covered with tiles of `pixels`; the last tile of a row is moved back to end with it.
///
/// - Precondition: `arguments.columns >= pixels`.
@inline(__always)
private func cover<let pixels: Int>(
    _ type: Tile<pixels>.Type,
    _ arguments: borrowing DepthwiseArguments,
    kernelHeight: Int,
    kernelWidth: Int,
    stride: Int
) {
    let outputWords = words(arguments.outputElement)
    let rows = arguments.rows
    var y = 0
    while y < rows {
        let input = arguments.input + y * stride * arguments.inputRowStride
        let output = arguments.output + y * arguments.outputRowStride
        // Windows that no row shares gain nothing.
        let isPair = pairsRows && kernelHeight >= stride && y + 1 < rows
        var x = 0
        while true {
            let place = Place(
                input: input + x * stride * width,
                output: output + x * outputWords,
                kernelHeight: kernelHeight,
                kernelWidth: kernelWidth,
                stride: stride
            )
            if isPair { pair(type, arguments, place) } else { tile(type, arguments, place) }
            if x + pixels >= arguments.columns { break }
            x = Swift.min(x + pixels, arguments.columns - pixels)
        }
        y += isPair ? 2 : 1
    }
}

/// Whether there are registers for tiles of two rows.
#if KERNELS_AVX512
    private var pairsRows: Bool { true }
#else
    private var pairsRows: Bool { false }
#endif

private func cover<let pixels: Int, let size: Int, let stride: Int>(
    _ type: Tile<pixels>.Type,
    _: Window<size, stride>.Type,
    _ arguments: borrowing DepthwiseArguments
) {
    cover(type, arguments, kernelHeight: size, kernelWidth: size, stride: stride)
}

/// Chooses the tile: as few a row as there can be, all about equally wide, so that little is computed twice.
@inline(__always)
private func run<let size: Int, let stride: Int>(
    _ window: Window<size, stride>.Type,
    _ arguments: borrowing DepthwiseArguments
) {
    let tiles = (arguments.columns + 6) / 7
    switch (arguments.columns + tiles - 1) / tiles {
    case 7: cover(Tile<7>.self, window, arguments)
    case 6: cover(Tile<6>.self, window, arguments)
    case 5: cover(Tile<5>.self, window, arguments)
    case 4: cover(Tile<4>.self, window, arguments)
    default: cover(Tile<1>.self, window, arguments)
    }
}

func depthwise(_ arguments: borrowing DepthwiseArguments) {
    let square = arguments.kernelHeight == arguments.kernelWidth
    switch (square ? arguments.kernelWidth : 0, arguments.stride) {
    case (3, 1): run(Window<3, 1>.self, arguments)
    case (3, 2): run(Window<3, 2>.self, arguments)
    case (5, 1): run(Window<5, 1>.self, arguments)
    case (5, 2): run(Window<5, 2>.self, arguments)
    default:
        cover(
            Tile<1>.self,
            arguments,
            kernelHeight: arguments.kernelHeight,
            kernelWidth: arguments.kernelWidth,
            stride: arguments.stride
        )
    }
}
