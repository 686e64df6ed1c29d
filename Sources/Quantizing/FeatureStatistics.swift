package import Engine
package import ModelGraph

/// What was seen of one value over all calibration pictures.
package struct FeatureStatistics: Sendable {
    package let shape: FeatureShape
    package private(set) var histogram = NumberHistogram()
    /// Sums over the pictures: `[channel][row][column]`.
    private var sums: [Float]
    private var pictures = 0

    package init(shape: FeatureShape) {
        self.shape = shape
        sums = [Float](repeating: 0, count: shape.channels * shape.height * shape.width)
    }

    /// - Throws: `QuantizerError` if a number is not finite.
    package mutating func add(_ features: ObservedFeatures) throws(QuantizerError) {
        guard histogram.add(features.values) else { throw .notFinite(layer: features.name) }
        for (index, value) in features.values.enumerated() { sums[index] += value }
        pictures += 1
    }

    /// For each input channel and tap of a kernel the mean of the inputs that the tap sees, over all output pixels and
    /// pictures: `[channel][ky][kx]`. Borders count as the zeros that they are.
    func tapMeans(of convolution: Convolution, output: FeatureShape) -> [Float] {
        let (stride, padding) = (convolution.stride, convolution.padding)
        func before(_ input: Int, kernel: Int, vertical: Bool) -> Int {
            padding.amounts(input: input, kernel: kernel, stride: stride, vertical: vertical).before
        }
        let top = before(shape.height, kernel: convolution.kernelHeight, vertical: true)
        let left = before(shape.width, kernel: convolution.kernelWidth, vertical: false)
        let count = Float(max(pictures, 1) * output.height * output.width)
        var means: [Float] = []
        for channel in 0..<shape.channels {
            for ky in 0..<convolution.kernelHeight {
                for kx in 0..<convolution.kernelWidth {
                    var sum: Float = 0
                    for row in 0..<output.height {
                        let y = row * stride + ky - top
                        guard (0..<shape.height).contains(y) else { continue }
                        let line = (channel * shape.height + y) * shape.width
                        for column in 0..<output.width {
                            let x = column * stride + kx - left
                            if (0..<shape.width).contains(x) { sum += sums[line + x] }
                        }
                    }
                    means.append(sum / count)
                }
            }
        }
        return means
    }
}

/// Why a model cannot be mapped to 8 bits.
package enum QuantizerError: Error, CustomStringConvertible {
    /// A layer gave infinities or NaN.
    case notFinite(layer: String)
    /// Nothing was observed of a node.
    case notObserved(layer: String)
    /// None of its layers can multiply integers.
    case noLayer(model: String)
    case alreadyQuantized(model: String)

    package var description: String {
        switch self {
        case .notFinite(let layer):
            "layer \(layer) gives numbers that are not finite: the weights are broken or do not fit the model's "
                + "preprocessing; check the checkpoint"
        case .notObserved(let layer):
            "nothing was seen of layer \(layer); show the model at least one picture"
        case .noLayer(let model):
            "no layer of \(model) can multiply integers; run it in bf16 or fp32"
        case .alreadyQuantized(let model):
            "the weights of \(model) are 8-bit integers already; quantise the model that they were made from"
        }
    }
}
