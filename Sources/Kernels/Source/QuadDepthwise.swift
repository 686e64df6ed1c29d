internal import KernelInterface

/// Sums of neighbouring output pixels of one row: `groups` of as many outputs as a word of inputs advances.
private typealias Tile<let groups: Int, let outputs: Int> = GEMMTile<groups, outputs>

/// A `QuadWindow` whose numbers are known to the compiler; the stride is 4 / outputs.
private enum Window<let size: Int, let outputs: Int, let offset: Int> {}

/// Computes and stores neighbouring output pixels of one row; those from `valid` on are not stored.
@inline(__always)
private func tile<let groups: Int, let size: Int, let outputs: Int, let offset: Int>(
    _: Tile<groups, outputs>.Type,
    _: Window<size, outputs, offset>.Type,
    _ arguments: borrowing QuadDepthwiseArguments,
    input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>,
    valid: Int
) {
    let stride = 4 / outputs
    let bias = load(arguments.bias)
    var sums = Tile<groups, outputs> { _ in InlineArray<outputs, Vector> { _ in bias } }
    var weights = arguments.weights
    for ky in 0..<size {
        let row = input + ky * arguments.inputRowStride
        for p in 0..<outputs {
            let firstTap = offset + p * stride
            for word in 0..<2 {
                let index = firstTap / 4 + word
                guard index * 4 < firstTap + size else { continue }
                let weight = load(weights)
                weights += width
                for g in 0..<groups {
                    sums[g][p] = UInt8Format.multiply(load(row + (g + index) * width), weight, addingTo: sums[g][p])
                }
            }
        }
    }
    let scale = load(arguments.scales)
    for g in 0..<groups {
        for p in 0..<outputs { sums[g][p] = UInt8Format.numbers(sums[g][p], scale: scale) }
    }
    switch arguments.outputElement {
    case .float32: finish(Float32Format.self, sums, arguments, output, valid: valid)
    case .bfloat16: finish(BFloat16Format.self, sums, arguments, output, valid: valid)
    case .uint8: finishBytes(&sums, arguments, output, valid: valid)
    case .uint8Quads: break  // Never planned.
    }
}

/// Applies the activation and stores floats or bf16 numbers.
@inline(__always)
private func finish<Output: Format, let groups: Int, let outputs: Int>(
    _: Output.Type,
    _ numbers: Tile<groups, outputs>,
    _ arguments: borrowing QuadDepthwiseArguments,
    _ output: UnsafeMutablePointer<Float>,
    valid: Int
) {
    let activation = arguments.activation
    let results: Tile<groups, outputs>
    if case .none = activation.curve {
        let (lowest, highest) = (broadcast(activation.lowest), broadcast(activation.highest))
        results = Tile<groups, outputs> { g in
            InlineArray<outputs, Vector> { clamp(numbers[g][$0], lowest, highest) }
        }
    } else {
        results = curved(numbers, activation.curve)
    }
    for g in 0..<groups {
        for p in 0..<outputs where g * outputs + p < valid {
            Output.write(results[g][p], to: output + (g * outputs + p) * Output.words)
        }
    }
}

/// Applies the curve and stores bytes, four pixels at a time.
@inline(__always)
private func finishBytes<let groups: Int, let outputs: Int>(
    _ numbers: inout Tile<groups, outputs>,
    _ arguments: borrowing QuadDepthwiseArguments,
    _ output: UnsafeMutablePointer<Float>,
    valid: Int
) {
    let curve = arguments.activation.curve
    if case .none = curve {
    } else {
        let mapping = arguments.mapping
        numbers = curved(numbers, curve, factor: mapping.factor, offset: mapping.offset)
    }
    let stride = 4 / outputs
    for four in 0..<groups / stride {
        let g = four * stride
        let bytes =
            if outputs == 4 {
                bytesByVector(numbers[g][0], numbers[g][1], numbers[g][2], numbers[g][3])
            } else {
                bytesByVector(numbers[g][0], numbers[g][1], numbers[g + 1][0], numbers[g + 1][1])
            }
        let target = output + four * width
        if four * 4 + 4 <= valid {
            store(target, bytes)
        } else if four * 4 < valid {
            UInt8Format.write(first: valid - four * 4, of: bytes, to: target)
        }
    }
}

/// All rows, each covered with tiles of `main` groups, or of `small` ones, four output pixels, at the end.
@inline(__always)
private func cover<let main: Int, let small: Int, let size: Int, let outputs: Int, let offset: Int>(
    _: Tile<main, outputs>.Type,
    _: Tile<small, outputs>.Type,
    _ window: Window<size, outputs, offset>.Type,
    _ arguments: borrowing QuadDepthwiseArguments
) {
    let stride = 4 / outputs
    let columns = arguments.columns
    let outputWords = words(arguments.outputElement)
    for y in 0..<arguments.rows {
        let input = arguments.input + y * stride * arguments.inputRowStride
        let output = arguments.output + y * arguments.outputRowStride
        var x = 0
        while x + main * outputs - 4 < columns {
            let (source, target) = (input + x / outputs * width, output + x * outputWords)
            tile(Tile<main, outputs>.self, window, arguments, input: source, output: target, valid: columns - x)
            x += main * outputs
        }
        while x < columns {
            let (source, target) = (input + x / outputs * width, output + x * outputWords)
            tile(Tile<small, outputs>.self, window, arguments, input: source, output: target, valid: columns - x)
            x += 4
        }
    }
}

private func run<let size: Int, let offset: Int>(
    _ window: Window<size, 4, offset>.Type,
    _ arguments: borrowing QuadDepthwiseArguments
) {
    #if KERNELS_BF16
        cover(Tile<2, 4>.self, Tile<1, 4>.self, window, arguments)
    #else
        cover(Tile<1, 4>.self, Tile<1, 4>.self, window, arguments)
    #endif
}

private func run<let size: Int, let offset: Int>(
    _ window: Window<size, 2, offset>.Type,
    _ arguments: borrowing QuadDepthwiseArguments
) {
    #if KERNELS_BF16
        cover(Tile<4, 2>.self, Tile<2, 2>.self, window, arguments)
    #else
        // For checks only: the least code.
        cover(Tile<2, 2>.self, Tile<2, 2>.self, window, arguments)
    #endif
}

func quadDepthwise(_ arguments: borrowing QuadDepthwiseArguments) {
    let window = arguments.window
    switch (window.size, window.stride, window.offset) {
    case (3, 1, 3): run(Window<3, 4, 3>.self, arguments)
    case (5, 1, 2): run(Window<5, 4, 2>.self, arguments)
    case (3, 2, 0): run(Window<3, 2, 0>.self, arguments)
    case (3, 2, 3): run(Window<3, 2, 3>.self, arguments)
    case (5, 2, 2): run(Window<5, 2, 2>.self, arguments)
    case (5, 2, 3): run(Window<5, 2, 3>.self, arguments)
    default: break  // Never planned: see `QuadWindow`.
    }
}
