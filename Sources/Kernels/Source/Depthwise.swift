internal import KernelInterface

/// Sums of neighbouring output pixels of one row.
private typealias Tile<let pixels: Int> = InlineArray<pixels, Vector>

/// A window whose size is known to the compiler.
private enum Window<let size: Int, let stride: Int> {}

/// Computes and stores `pixels` neighbouring output pixels of one row.
///
/// - Parameters: the window's measures are literals at the calls that matter.
@inline(__always)
private func tile<let pixels: Int>(
    _: Tile<pixels>.Type,
    _ arguments: borrowing DepthwiseArguments,
    input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>,
    kernelHeight: Int,
    kernelWidth: Int,
    stride: Int
) {
    let bias = load(arguments.bias)
    var sums = Tile<pixels> { _ in bias }
    @inline(__always) func addRow(_ ky: Int, to sums: inout Tile<pixels>) {
        let row = input + ky * arguments.inputRowStride
        let weights = arguments.weights + ky * kernelWidth * width
        for kx in 0..<kernelWidth {
            let weight = load(weights + kx * width)
            for p in 0..<pixels {
                sums[p] = fma(load(row + (p * stride + kx) * width), weight, sums[p])
            }
        }
    }
    #if KERNELS_AVX512
        // Every other row has sums of its own: a multiply-add then seldom waits for the one before. There are registers
        // for them.
        let zero = broadcast(0)
        var others = Tile<pixels> { _ in zero }
        for pair in 0..<kernelHeight / 2 {
            addRow(pair * 2, to: &sums)
            addRow(pair * 2 + 1, to: &others)
        }
        if kernelHeight % 2 == 1 { addRow(kernelHeight - 1, to: &sums) }
        for p in 0..<pixels { sums[p] = add(sums[p], others[p]) }
    #else
        for ky in 0..<kernelHeight { addRow(ky, to: &sums) }
    #endif
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
    for y in 0..<arguments.rows {
        let input = arguments.input + y * stride * arguments.inputRowStride
        let output = arguments.output + y * arguments.outputRowStride
        var x = 0
        while true {
            tile(
                type,
                arguments,
                input: input + x * stride * width,
                output: output + x * outputWords,
                kernelHeight: kernelHeight,
                kernelWidth: kernelWidth,
                stride: stride
            )
            if x + pixels >= arguments.columns { break }
            x = Swift.min(x + pixels, arguments.columns - pixels)
        }
    }
}

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
