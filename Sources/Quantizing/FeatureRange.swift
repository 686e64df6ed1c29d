package import ModelGraph

/// How the numbers of one value are best mapped to 8 bits.
///
/// The range is that with the least mean squared error over all numbers seen, of a grid of ranges that cut off more and
/// more: "MSE" in Nagel et al., "A White Paper on Neural Network Quantization", 2021, section 3.1. The smallest and the
/// largest number alone would spend most steps on a few outliers.
package struct FeatureRange: Sendable, Equatable {
    package let features: Quantization.Features
    /// The mean square of the numbers over that of the error, in decibels.
    package let decibels: Double

    /// The least number that swish gives: x · sigmoid(x) at x = −1.2785.
    private static let swishMinimum: Float = -0.2785
    /// Ranges of the grid, from the whole one down; the last is left out.
    private static let cuts = 128
    /// The part of the whole range that is never cut off.
    private static let leastShare: Float = 0.2

    /// - Parameter activation: the last thing that was done to the numbers.
    package init(_ histogram: NumberHistogram, activation: ActivationFunction) {
        let bins = histogram.bins
        let candidates = Candidates(bins: bins)
        let best: Candidates.Choice =
            switch activation {
            case .relu6: candidates.best(below: min(histogram.maximum, 6), limit: 6)
            case .relu, .sigmoid: candidates.best(below: histogram.maximum)
            case .swish: candidates.best(lower: Self.swishMinimum, below: histogram.maximum)
            case .identity:
                histogram.minimum >= 0
                    ? candidates.best(below: histogram.maximum)
                    : candidates.best(above: histogram.minimum, below: max(0, histogram.maximum))
            }
        features = best.features
        let power = bins.reduce(0.0) { $0 + Double($1.count) * Double($1.middle) * Double($1.middle) }
        decibels = signalToNoise(power: power, error: Double(best.error))
    }

    private struct Candidates {
        struct Choice {
            var features: Quantization.Features
            var error: Float
        }

        let bins: [(middle: Float, count: Float)]

        /// Shares of the whole range, largest first.
        private static var shares: [Float] {
            (0..<cuts).map { 1 - (1 - leastShare) * Float($0) / Float(cuts) }
        }

        /// Of ranges from zero.
        ///
        /// - Parameter limit: what the largest stored number must not pass.
        func best(below maximum: Float, limit: Float = .infinity) -> Choice {
            choose(
                Self.shares.map { share in
                    var scale = maximum * share / 255
                    while scale * 255 > limit { scale = scale.nextDown }
                    return Quantization.Features(scale: Self.usable(scale), zero: 0)
                }
            )
        }

        /// Of ranges that begin at `lower`.
        func best(lower: Float, below maximum: Float) -> Choice {
            choose(Self.shares.map { Self.features(lower: lower, upper: max(maximum * $0, 0)) })
        }

        /// Of ranges with two free ends: one end after the other is moved until neither gets better.
        func best(above minimum: Float, below maximum: Float) -> Choice {
            var ends = (lower: minimum, upper: maximum)
            var best = choose([Self.features(lower: minimum, upper: maximum)])
            var isBetter = true
            while isBetter {
                isBetter = false
                for isUpper in [true, false] {
                    for share in Self.shares {
                        let lower = isUpper ? ends.lower : minimum * share
                        let upper = isUpper ? maximum * share : ends.upper
                        let next = choose([Self.features(lower: lower, upper: upper)])
                        guard next.error < best.error else { continue }
                        (best, ends, isBetter) = (next, (lower, upper), true)
                    }
                }
            }
            return best
        }

        private static func features(lower: Float, upper: Float) -> Quantization.Features {
            let scale = usable((upper - lower) / 255)
            let zero = min(max((-lower / scale).rounded(), 0), 255)
            return Quantization.Features(scale: scale, zero: UInt8(zero))
        }

        /// Values that are always zero have no range.
        private static func usable(_ scale: Float) -> Float {
            scale.isNormal && (1 / scale).isFinite ? scale : 1
        }

        /// The first of those with the least error.
        private func choose(_ features: [Quantization.Features]) -> Choice {
            var best = Choice(features: features[0], error: .infinity)
            for features in features {
                let error = error(features)
                if error < best.error { best = Choice(features: features, error: error) }
            }
            return best
        }

        private func error(_ features: Quantization.Features) -> Float {
            let (inverse, zero) = (1 / features.scale, Float(features.zero))
            return bins.withUnsafeBufferPointer { bins in
                var sum: Float = 0
                for bin in bins {
                    let stored = min(max((bin.middle * inverse).rounded(.toNearestOrEven), -zero), 255 - zero)
                    let difference = bin.middle - stored * features.scale
                    sum += bin.count * difference * difference
                }
                return sum
            }
        }
    }
}
