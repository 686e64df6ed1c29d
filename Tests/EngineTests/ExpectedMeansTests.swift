import Engine
import Foundation
import ModelGraph
import Testing

/// What batch normalisation tells of the means behind activations, against the integral that defines them.
struct ExpectedMeansTests {
    @Test(arguments: ["tf_efficientnet_lite0", "efficientnet_b0"])
    func areThoseOfNormallyDistributedSums(name: String) throws {
        let graph = try PassTests.model(name).optimized().graph
        var checked = 0
        for node in graph.nodes {
            guard case .convolution(let convolution) = node.operation else { continue }
            guard let means = graph.expectedMeans(of: node.output) else {
                // Nothing tells it of gates, and of the others nobody asks.
                #expect(convolution.activation == .identity || convolution.distribution == nil, "\(node.name)")
                continue
            }
            let distribution = try #require(convolution.distribution)
            try #require(means.count == convolution.outputChannels)
            for channel in [0, means.count - 1] {
                let (mean, deviation) = (Double(distribution.means[channel]), Double(distribution.deviations[channel]))
                let expected = integral { convolution.activation(mean + deviation * $0) }
                #expect(abs(Double(means[channel]) - expected) <= 0.02 * (deviation + 1e-3), "\(node.name)")
                checked += 1
            }
        }
        #expect(checked > 40)
    }

    /// ∫ f(x) · φ(x) dx with the density φ of the standard normal distribution.
    private func integral(_ function: (Double) -> Double) -> Double {
        let step = 1e-3
        return stride(from: -8.0, through: 8, by: step).reduce(0) {
            $0 + function($1) * exp(-$1 * $1 / 2) / (2 * Double.pi).squareRoot() * step
        }
    }
}

extension ActivationFunction {
    fileprivate func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .identity: x
        case .relu: max(x, 0)
        case .relu6: min(max(x, 0), 6)
        case .swish: x / (1 + exp(-x))
        case .sigmoid: 1 / (1 + exp(-x))
        }
    }
}
