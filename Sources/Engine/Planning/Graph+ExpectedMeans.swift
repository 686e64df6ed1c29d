internal import Glibc
package import ModelGraph

extension Graph {
    /// What each channel of an activation's output is on average, over pixels and pictures, as batch normalisation tells it;
    /// nil where it does not. Sums that no activation follows are not asked about: their means are near zero.
    package func expectedMeans(of value: Value) -> [Float]? {
        guard let node = nodes.first(where: { $0.output == value }), node.inputs.count == 1,
            case .convolution(let convolution) = node.operation, let distribution = convolution.distribution
        else { return nil }
        if case .identity = convolution.activation { return nil }
        return distribution.means(after: convolution.activation)
    }
}

extension ChannelDistribution {
    /// Points of the standard normal distribution, and their shares of it.
    private static let points: [(place: Float, share: Float)] = {
        let places = (-8...8).map { Float($0) / 2 }
        let densities = places.map { exp(-$0 * $0 / 2) }
        let total = densities.reduce(0, +)
        return zip(places, densities).map { ($0, $1 / total) }
    }()

    /// The means of what an activation makes of the numbers.
    fileprivate func means(after activation: ActivationFunction) -> [Float] {
        zip(means, deviations).map { mean, deviation in
            Self.points.reduce(0) { $0 + $1.share * activation(mean + deviation * $1.place) }
        }
    }
}

extension ActivationFunction {
    fileprivate func callAsFunction(_ number: Float) -> Float {
        switch self {
        case .identity: number
        case .relu: max(number, 0)
        case .relu6: min(max(number, 0), 6)
        case .swish: number / (1 + exp(-number))
        case .sigmoid: 1 / (1 + exp(-number))
        }
    }
}
