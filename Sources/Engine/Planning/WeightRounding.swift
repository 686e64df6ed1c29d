/// How a convolution's weights become integers: weight = scale · integer, with −127…127.
package enum WeightRounding: Sendable, Equatable {
    /// Each is rounded.
    case nearest
    /// Sums of weights are rounded: of all up to each input channel, row and column of the kernel. Errors of neighbouring
    /// weights then cancel each other, as error diffusion has it in half-toning. That is what pictures ask for, whose
    /// neighbouring pixels are nearly alike, and whose channels are.
    case sums(channels: Int, rows: Int, columns: Int)

    /// - Parameter shape: of the weights.
    package init(readsPicture: Bool, shape: [Int]) {
        self =
            readsPicture && shape.count == 4 ? .sums(channels: shape[1], rows: shape[2], columns: shape[3]) : .nearest
    }

    /// The largest weight that is not cut off, over the scale.
    package var limit: Float {
        switch self {
        case .nearest: 127
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
            return sums.map { Int8($0) }
        }
    }
}
