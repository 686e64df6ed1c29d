internal import KernelInterface

/// Twelve chains of products: enough to hide their latency, few enough for the registers of every set.
///
/// - Returns: words that were multiplied.
func peak(_ arguments: borrowing PeakArguments) -> Int {
    switch arguments.element {
    case .float32: peak(Float32Format.self, arguments)
    case .bfloat16: peak(BFloat16Format.self, arguments)
    case .uint8, .uint8Quads: peak(UInt8Format.self, arguments)
    }
}

@inline(__always)
private func peak<Input: Format>(_: Input.Type, _ arguments: borrowing PeakArguments) -> Int {
    let start = load(arguments.values)
    var sums = InlineArray<12, Vector> { _ in start }
    let factor = load(arguments.values + width)
    for _ in 0..<arguments.rounds {
        for index in 0..<12 { sums[index] = Input.multiply(sums[index], factor, addingTo: factor) }
    }
    var total = broadcast(0)
    for index in 0..<12 { total = add(total, sums[index]) }
    store(arguments.values, total)
    return arguments.rounds * 12 * width
}
