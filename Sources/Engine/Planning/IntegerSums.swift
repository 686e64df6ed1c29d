internal import KernelInterface
internal import ModelGraph

/// What sums of integers begin with, and what they are multiplied with in the end.
///
///     number = Σ (x − zero) · inputScale · w · weightScale + shift = (Σ x · w + bias) · scale
///
/// with scale = inputScale · weightScale and bias = shift / scale − Σ zero · w, rounded.
struct IntegerSums {
    /// Integers of 32 bits, as words.
    private(set) var biasWords: [Float] = []
    private(set) var scales: [Float] = []

    /// - Parameters:
    ///   - values: weights, output channels outermost.
    ///   - outputScale: what one step of the stored result stands for.
    init(
        _ values: [Int8],
        _ shifts: [Float],
        _ layer: Quantization.Layer,
        input: InputBytes,
        outputScale: Float,
        node: String
    ) throws {
        let perOutput = values.count / max(shifts.count, 1)
        // So that no sum of bytes and no result of it leaves the range of its format.
        guard perOutput <= Self.longestSum else {
            let reason = "its sums have \(perOutput) terms, too many for 32 bits"
            throw PlanError.badQuantization(node: node, reason: reason)
        }
        for (channel, shift) in shifts.enumerated() {
            let scale = input.scale * layer.scales[channel]
            let offset = input.offset(of: values[channel * perOutput..<(channel + 1) * perOutput])
            let steps = (Double(shift) / Double(scale)).rounded(.toNearestOrEven)
            let bias = (steps - offset).rounded(.toNearestOrEven)
            let resultScale = scale / outputScale
            guard scale > 0, resultScale <= 1, abs(bias) <= 0x1p29 else {
                let reason = "the scales of channel \(channel) do not fit each other"
                throw PlanError.badQuantization(node: node, reason: reason)
            }
            biasWords.append(Float(bitPattern: UInt32(bitPattern: Int32(bias))))
            scales.append(resultScale)
        }
    }

    /// Terms of 255 · 127 each: their sum stays below 2^30.
    private static let longestSum = 1 << 15
}

extension QuadWindow {
    /// One channel's weights as the kernel reads them: for each row, each output pixel of a group and each word that it
    /// reads.
    ///
    /// - Parameter taps: `size × size`, row by row.
    func weightWords(_ taps: [Int8]) -> [Float] {
        (0..<size).flatMap { row in
            (0..<outputs).flatMap { output in
                words(ofOutput: output).map { word in
                    let bytes = (0..<4).map { place in
                        let tap = word * 4 + place - offset - output * stride
                        return (0..<size).contains(tap) ? UInt8(bitPattern: taps[row * size + tap]) : 0
                    }
                    return Float(bitPattern: bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
                }
            }
        }
    }
}
