internal import KernelInterface

/// Sums of one register tile: `rows` pixels × `blocks` vectors of output channels.
typealias GEMMTile<let rows: Int, let blocks: Int> = InlineArray<rows, InlineArray<blocks, Vector>>

/// One step: the outer product of `rows` inputs and `blocks` vectors of weights.
@inline(__always)
private func accumulate<Input: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _ sums: inout GEMMTile<rows, blocks>,
    a: UnsafePointer<Float>,
    aStride: Int,
    b: UnsafePointer<Float>
) {
    let weights = InlineArray<blocks, Vector> { load(b + $0 * width) }
    if Input.isHalved { return accumulateHalved(Input.self, &sums, a: a, aStride: aStride, weights) }
    for r in 0..<rows {
        let input = broadcast(a[r * aStride])
        for j in 0..<blocks { sums[r][j] = Input.multiply(input, weights[j], addingTo: sums[r][j]) }
    }
}

@inline(__always)
private func accumulateHalved<Input: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _ sums: inout GEMMTile<rows, blocks>,
    a: UnsafePointer<Float>,
    aStride: Int,
    _ weights: InlineArray<blocks, Vector>
) {
    let last = blocks - 1
    for pair in 0..<(rows + 1) / 2 {
        let (r, s) = (2 * pair, Swift.min(2 * pair + 1, rows - 1))
        let (first, second) = (broadcast(a[r * aStride]), broadcast(a[s * aStride]))
        for j in 0..<last {
            sums[r][j] = Input.multiply(first, weights[j], addingTo: sums[r][j])
            if r != s { sums[s][j] = Input.multiply(second, weights[j], addingTo: sums[s][j]) }
        }
        sums[r][last] = Input.multiply(joinHalves(first, second), weights[last], addingTo: sums[r][last])
    }
}

/// Gives each pixel the half block's sums that are its own.
@inline(__always)
private func separateHalves<let rows: Int, let blocks: Int>(_ sums: inout GEMMTile<rows, blocks>) {
    let last = blocks - 1
    for pair in 0..<(rows + 1) / 2 {
        let r = 2 * pair
        let both = sums[r][last]
        sums[r][last] = lowerHalf(both)
        if r + 1 < rows { sums[r + 1][last] = upperHalf(both) }
    }
}

/// All steps of one tile.
///
/// - Parameters:
///   - a: the first pixel's input.
///   - aStride: a literal at the calls that matter.
///   - next: the tile's part of the next weights.
@inline(__always)
func sums<Input: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _: GEMMTile<rows, blocks>.Type,
    _ arguments: borrowing GEMMArguments,
    a: UnsafePointer<Float>,
    aStride: Int,
    next: UnsafePointer<Float>? = nil
) -> GEMMTile<rows, blocks> {
    let firstBias = arguments.bias
    let bias = InlineArray<blocks, Vector> { load(firstBias + $0 * width) }
    var sums = GEMMTile<rows, blocks> { _ in bias }

    // A panel of one block may be one of a wider panel.
    let bStride = blocks == 1 ? arguments.bStride : blocks * width
    var b = arguments.b
    var next = next
    for t in 0..<arguments.fullTaps {
        let source = a + arguments.tapOffsets[t]
        if arguments.readsAhead { requestInputs(source, rows: rows, aStride: aStride) }
        if let weights = next { next = requestWeights(Input.self, weights, rows: rows, blocks: blocks) }
        for k in 0..<Input.words {
            accumulate(Input.self, &sums, a: source + k, aStride: aStride, b: b)
            b += bStride
        }
    }
    for t in 0..<arguments.tailTaps {
        let source = a + arguments.tapOffsets[arguments.fullTaps + t]
        for k in 0..<arguments.tailSteps {
            accumulate(Input.self, &sums, a: source + k, aStride: aStride, b: b)
            b += bStride
        }
    }
    if Input.isHalved { separateHalves(&sums) }
    return sums
}

/// Sums of integers as numbers.
@inline(__always)
func numbers<Input: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _ sums: GEMMTile<rows, blocks>,
    _ arguments: borrowing GEMMArguments
) -> GEMMTile<rows, blocks> {
    let scales = arguments.scales
    let scale = InlineArray<blocks, Vector> { load(scales + $0 * width) }
    return GEMMTile<rows, blocks> { r in
        InlineArray<blocks, Vector> { Input.numbers(sums[r][$0], scale: scale[$0]) }
    }
}

/// Numbers as bytes are stored, before rounding: behind the curve of an activation, and mapped.
@inline(__always)
func mapped<Input: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _ numbers: GEMMTile<rows, blocks>,
    _ arguments: borrowing GEMMArguments
) -> GEMMTile<rows, blocks> {
    let curve = arguments.activation.curve
    if case .none = curve {
        // Integers with their scales are never as large as what rounding cannot do.
        if Input.isBytes { return numbers }
        return GEMMTile<rows, blocks> { r in InlineArray<blocks, Vector> { min(numbers[r][$0], broadcast(255)) } }
    }
    let curved = curved(numbers, curve, factor: arguments.mapping.factor, offset: arguments.mapping.offset)
    return GEMMTile<rows, blocks> { r in InlineArray<blocks, Vector> { min(curved[r][$0], broadcast(255)) } }
}

/// factor · curve + offset of each number, as exactly as bytes need it.
@inline(__always)
func curved<let rows: Int, let blocks: Int>(
    _ numbers: GEMMTile<rows, blocks>,
    _ curve: Activation.Curve,
    factor: Float = 1,
    offset: Float = 0
) -> GEMMTile<rows, blocks> {
    // A copy which is read again: else the tile itself would be memory, with any curve.
    var copy = numbers
    return withUnsafeMutablePointer(to: &copy) { copy in
        let vectors = UnsafeMutableRawPointer(copy).assumingMemoryBound(to: Float.self)
        replace(vectors, count: rows * blocks, by: curve, factor: factor, offset: offset)
        return GEMMTile<rows, blocks> { r in
            InlineArray<blocks, Vector> { load(vectors + (r * blocks + $0) * width) }
        }
    }
}

/// Writes numbers as bytes, four pixels at a time where they are neighbours.
///
/// - Parameters:
///   - offsets: words from `c` to each pixel's first channel.
@inline(__always)
func storeBytes<let rows: Int, let blocks: Int>(
    _ numbers: GEMMTile<rows, blocks>,
    to c: UnsafeMutablePointer<Float>,
    offsets: InlineArray<rows, Int>,
    blockStride: Int,
    areNeighbours: Bool
) {
    guard areNeighbours, rows >= 4 else {
        for r in 0..<rows {
            for j in 0..<blocks { UInt8Format.write(numbers[r][j], to: c + offsets[r] + j * blockStride) }
        }
        return
    }
    for four in 0..<(rows + 3) / 4 {
        // The last four end with the tile, and may write pixels again.
        let r = Swift.min(four * 4, rows - 4)
        for j in 0..<blocks {
            let bytes = bytesByVector(numbers[r][j], numbers[r + 1][j], numbers[r + 2][j], numbers[r + 3][j])
            store(c + offsets[r] + j * blockStride, bytes)
        }
    }
}
