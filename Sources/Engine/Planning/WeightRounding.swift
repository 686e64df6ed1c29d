/// How a convolution's weights become integers: weight = scale · integer, with −127…127.
package enum WeightRounding: Sendable, Equatable {
    /// Each is rounded.
    case nearest
    /// Rounded up or down so that the sum of each kernel's weights is rounded: what a kernel of one channel sees are
    /// neighbouring pixels, which are nearly alike.
    case kernels(taps: Int)
    /// Sums of weights are rounded: of all up to each input channel, row and column of the kernel. Errors of neighbouring
    /// weights then cancel each other, as error diffusion has it in half-toning. That is what pictures ask for, whose
    /// neighbouring pixels are nearly alike, and whose channels are.
    case sums(channels: Int, rows: Int, columns: Int)

    /// - Parameter shape: of the weights.
    package init(readsPicture: Bool, shape: [Int]) {
        if readsPicture, shape.count == 4 {
            self = .sums(channels: shape[1], rows: shape[2], columns: shape[3])
        } else if shape.count == 4, shape[1] == 1 {
            self = .kernels(taps: shape[2] * shape[3])
        } else {
            self = .nearest
        }
    }

    /// The largest weight that is not cut off, over the scale.
    package var limit: Float {
        switch self {
        case .nearest, .kernels: 127
        // The difference of eight sums, each half a step off.
        case .sums: 123
        }
    }

    /// - Parameters:
    ///   - weights: output channels outermost.
    ///   - scales: of each output channel.
    package func integers(_ weights: [Float], scales: [Float]) -> [Int8] {
        let perOutput = weights.count / max(scales.count, 1)
        func steps(_ index: Int) -> Float {
            max(-limit, min(limit, weights[index] / scales[index / perOutput]))
        }
        switch self {
        case .nearest: return weights.indices.map { Int8(steps($0).rounded(.toNearestOrEven)) }
        case .kernels(let taps):
            return stride(from: 0, to: weights.count, by: max(taps, 1)).flatMap { first in
                Self.kernel((first..<first + taps).map(steps))
            }
        case .sums(let channels, let rows, let columns):
            let axes = [(columns, 1), (rows, columns), (channels, rows * columns)]
            var sums = weights.indices.map(steps)
            for (length, stride) in axes {
                for index in sums.indices where index / stride % length > 0 { sums[index] += sums[index - stride] }
            }
            for index in sums.indices { sums[index].round(.toNearestOrEven) }
            for (length, stride) in axes {
                for index in sums.indices.reversed() where index / stride % length > 0 {
                    sums[index] -= sums[index - stride]
                }
            }
            // Sums of a great many weights are too large for exact differences.
            return sums.map { Int8(max(-127, min(127, $0))) }
        }
    }

    /// The method of largest remainders: all are rounded down, then those that lost most up until the sum is as it
    /// should be.
    private static func kernel(_ steps: [Float]) -> [Int8] {
        var integers = steps.map { $0.rounded(.down) }
        let remainders = zip(steps, integers).map { $0 - $1 }
        func sum(_ numbers: [Float]) -> Double { numbers.reduce(0) { $0 + Double($1) } }
        let lost = sum(steps).rounded(.toNearestOrEven) - sum(integers)
        let order = steps.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
        for index in order.prefix(Int(lost)) { integers[index] += 1 }
        return integers.map { Int8($0) }
    }
}
