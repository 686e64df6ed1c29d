package import Engine
internal import ModelGraph

/// A convolution's weights as 8-bit integers: weight = scale · stored, one scale for each output channel.
package struct RoundedWeights: Sendable, Equatable {
    /// In the order of the tensor: output channels outermost.
    package let stored: [Int8]
    package let scales: [Float]
    /// weight − scale · stored
    package let errors: [Float]
    /// The mean square of the weights over that of the errors, in decibels.
    package let decibels: Double

    /// Scales of the search, from the one that cuts nothing off down to half of it.
    private static let steps = 32

    /// Finds for each output channel the scale with the least squared error (Nagel et al., 2021, section 3.1): a grid of
    /// scales, then for the integers of the best one the scale that minimises Σ (w − s·q)², Σ w·q / Σ q², as if each
    /// weight were rounded. Where sums over channels are, errors are not those of single weights: there the scale cuts
    /// nothing off.
    ///
    /// - Parameters:
    ///   - weights: with the factors that batch normalisation puts on them.
    ///   - channels: output channels; divides the number of weights.
    ///   - lowestScales: no channel's scale may be below its own; empty where any may be.
    package init(
        _ weights: [Float],
        channels: Int,
        lowestScales: [Float] = [],
        rounding: WeightRounding = .nearest
    ) {
        let count = weights.count / max(channels, 1)
        let scales = (0..<channels).map { channel in
            let weights = weights[channel * count..<(channel + 1) * count]
            let lowest = lowestScales.isEmpty ? 0 : lowestScales[channel]
            return max(weights.withUnsafeBufferPointer { Self.bestScale($0, rounding) }, lowest)
        }
        let stored = rounding.integers(weights, scales: scales)
        let errors = weights.indices.map { weights[$0] - scales[$0 / count] * Float(stored[$0]) }
        decibels = signalToNoise(
            power: weights.reduce(0) { $0 + Double($1 * $1) },
            error: errors.reduce(0) { $0 + Double($1 * $1) }
        )
        (self.scales, self.stored, self.errors) = (scales, stored, errors)
    }

    /// Of weights that are all zero. Any would do, but products of scales shall stay normal numbers below 1.
    private static let emptyScale: Float = 0x1p-20

    private static func bestScale(_ weights: UnsafeBufferPointer<Float>, _ rounding: WeightRounding) -> Float {
        let limit = rounding.limit
        let whole = weights.reduce(0) { max($0, abs($1)) } / limit
        guard whole.isNormal else { return emptyScale }
        if case .sums = rounding { return whole }
        func rounded(_ weight: Float, scale: Float) -> Float {
            min(max((weight / scale).rounded(.toNearestOrEven), -limit), limit)
        }
        var best = (scale: whole, error: Float.infinity)
        func consider(_ scale: Float) {
            var error: Float = 0
            for weight in weights {
                let difference = weight - scale * rounded(weight, scale: scale)
                error += difference * difference
            }
            if error < best.error { best = (scale, error) }
        }
        for step in 0..<steps { consider(whole * (1 - 0.5 * Float(step) / Float(steps))) }
        var (products, squares) = (0.0, 0.0)
        for weight in weights {
            let number = Double(rounded(weight, scale: best.scale))
            products += Double(weight) * number
            squares += number * number
        }
        if squares > 0 { consider(Float(products / squares)) }
        return best.scale
    }

    /// What rounding adds to the mean of each output channel's sum, negated: Σ error · mean input, to be added to the
    /// shift (bias correction: Nagel et al., "Data-Free Quantization through Weight Equalization and Bias Correction",
    /// 2019, section 4.2, with means that were observed).
    ///
    /// - Parameter tapMeans: `[input channel][ky][kx]`, of all input channels.
    func corrections(of convolution: Convolution, tapMeans: [Float]) -> [Float] {
        let channels = convolution.outputChannels
        let count = errors.count / max(channels, 1)
        let channelsPerGroup = channels / convolution.groups
        return (0..<channels).map { channel in
            let means = tapMeans.dropFirst(channel / channelsPerGroup * count)
            let errors = errors[channel * count..<(channel + 1) * count]
            return zip(errors, means).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }
}
