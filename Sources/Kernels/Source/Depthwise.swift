internal import KernelInterface

/// `pixels` neighbouring output pixels of one row.
@inline(__always)
private func tile<let pixels: Int>(
    _: InlineArray<pixels, Vector>.Type,
    _ arguments: borrowing DepthwiseArguments,
    input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>,
    kernelHeight: Int,
    kernelWidth: Int,
    stride: Int
) {
    let bias = load(arguments.bias)
    var sums = InlineArray<pixels, Vector> { _ in bias }
    for ky in 0..<kernelHeight {
        let row = input + ky * arguments.inputRowStride
        let weights = arguments.weights + ky * kernelWidth * width
        for kx in 0..<kernelWidth {
            let weight = load(weights + kx * width)
            for p in 0..<pixels {
                sums[p] = fma(load(row + (p * stride + kx) * width), weight, sums[p])
            }
        }
    }
    let lowest = broadcast(arguments.activation.lowest)
    let highest = broadcast(arguments.activation.highest)
    for p in 0..<pixels { store(output + p * width, clamp(sums[p], lowest, highest)) }
    applyCurve(arguments.activation.curve, output, count: pixels, stride: width, blocks: 1, blockStride: 0)
}

/// All rows, each covered with tiles of `pixels`; the last tile of a row is moved back to end with it.
///
/// - Precondition: `arguments.columns >= pixels`.
@inline(__always)
private func cover<let pixels: Int>(
    _ type: InlineArray<pixels, Vector>.Type,
    _ arguments: borrowing DepthwiseArguments,
    kernelHeight: Int,
    kernelWidth: Int,
    stride: Int
) {
    for y in 0..<arguments.rows {
        let input = arguments.input + y * stride * arguments.inputRowStride
        let output = arguments.output + y * arguments.outputRowStride
        var x = 0
        while true {
            tile(
                type,
                arguments,
                input: input + x * stride * width,
                output: output + x * width,
                kernelHeight: kernelHeight,
                kernelWidth: kernelWidth,
                stride: stride
            )
            if x + pixels >= arguments.columns { break }
            x = Swift.min(x + pixels, arguments.columns - pixels)
        }
    }
}

/// Chooses the tile for a kernel size that is a literal at the call.
@inline(__always)
private func run(_ arguments: borrowing DepthwiseArguments, size: Int, stride: Int) {
    if arguments.columns >= 7 {
        cover(InlineArray<7, Vector>.self, arguments, kernelHeight: size, kernelWidth: size, stride: stride)
    } else {
        cover(InlineArray<1, Vector>.self, arguments, kernelHeight: size, kernelWidth: size, stride: stride)
    }
}

func depthwise(_ arguments: borrowing DepthwiseArguments) {
    let square = arguments.kernelHeight == arguments.kernelWidth
    switch (square ? arguments.kernelWidth : 0, arguments.stride) {
    case (3, 1): run(arguments, size: 3, stride: 1)
    case (3, 2): run(arguments, size: 3, stride: 2)
    case (5, 1): run(arguments, size: 5, stride: 1)
    case (5, 2): run(arguments, size: 5, stride: 2)
    default:
        cover(
            InlineArray<1, Vector>.self,
            arguments,
            kernelHeight: arguments.kernelHeight,
            kernelWidth: arguments.kernelWidth,
            stride: arguments.stride
        )
    }
}
