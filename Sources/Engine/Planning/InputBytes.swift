package import ModelGraph

/// What the bytes that a product multiplies stand for: number = scale · factor · (byte − zero), with a factor and a zero
/// for each input channel.
package struct InputBytes: Sendable, Equatable {
    package let scale: Float
    /// One for each channel, or one for all.
    package let factors: [Float]
    package let zeros: [Float]
    let isPicture: Bool

    init(_ features: Quantization.Features) {
        isPicture = false
        scale = features.scale
        factors = [1]
        zeros = [Float(features.zero)]
    }

    /// The samples of a picture as they are.
    ///
    /// - Returns: nil where no byte stands for the zeros of borders, or a word does not hold all channels.
    package init?(picture transform: ImageTransform, channels: Int) {
        guard (1...4).contains(channels), !transform.mean.isEmpty, !transform.standardDeviation.isEmpty else {
            return nil
        }
        isPicture = true
        let normalizations = (0..<channels).map(transform.normalization)
        let steps = normalizations.map { 1 / (255 * $0.standardDeviation) }
        scale = steps.reduce(0, +) / Float(channels)
        factors = steps.map { [scale] in $0 / scale }
        zeros = normalizations.map { 255 * $0.mean }
        guard scale.isNormal, steps.allSatisfy({ $0 > 0 }), zeros.allSatisfy({ (0...255).contains($0) }) else {
            return nil
        }
    }

    /// That of the input channel which one of a convolution's weights multiplies.
    ///
    /// - Parameters:
    ///   - index: the weight's, output channels outermost, then input channels.
    ///   - perOutput: weights of one output channel.
    package func factor(ofWeight index: Int, perOutput: Int) -> Float {
        factors[index % perOutput / max(perOutput / factors.count, 1)]
    }

    /// A word of zeros, as near as bytes come.
    var zeroWord: Float {
        let bytes = zeros.count == 1 ? [Float](repeating: zeros[0], count: 4) : zeros
        return Float(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1.rounded(.toNearestOrEven)) })
    }

    /// Σ zero · weight.
    ///
    /// - Parameter weights: of one output channel, input channels outermost.
    func offset(of weights: ArraySlice<Int8>) -> Double {
        if zeros.count == 1 { return Double(zeros[0]) * Double(weights.reduce(0) { $0 + Int($1) }) }
        let perChannel = max(weights.count / zeros.count, 1)
        return zip(0..., weights).reduce(0) { $0 + Double(zeros[$1.0 / perChannel]) * Double($1.1) }
    }
}
