internal import KernelInterface

/// Twelve chains of multiply-adds: enough to hide their latency, few enough for the registers of every set.
func peak(_ arguments: borrowing PeakArguments) {
    let start = load(arguments.values)
    var sums = InlineArray<12, Vector> { _ in start }
    let factor = load(arguments.values + width)
    for _ in 0..<arguments.rounds {
        for index in 0..<12 { sums[index] = fma(sums[index], factor, factor) }
    }
    var total = broadcast(0)
    for index in 0..<12 { total = add(total, sums[index]) }
    store(arguments.values, total)
}

/// Multiply-adds of one round.
var peakWork: Int { 12 * width }
