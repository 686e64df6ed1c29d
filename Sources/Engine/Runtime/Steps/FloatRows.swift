internal import KernelInterface
internal import ModelGraph

/// Rows of floats, channels interleaved: samples are normalised.
struct FloatRows: InputRows {
    let title = "input"
    private let normalize: KernelTable.Normalize
    private let channels: Int
    /// Factors and summands per channel, repeated until a whole number of vectors is filled.
    private let scales: [Float]
    private let offsets: [Float]

    /// - Parameter block: the kernels' block of channels.
    init(_ transform: ImageTransform, channels: Int, block: Int, normalize: @escaping KernelTable.Normalize) {
        func perChannel(_ values: [Float], _ channel: Int) -> Float {
            values.isEmpty ? 0 : values[min(channel, values.count - 1)]
        }
        self.normalize = normalize
        self.channels = channels
        let period = channels * block
        scales = (0..<period).map { 1 / (255 * perChannel(transform.standardDeviation, $0 % channels)) }
        offsets = (0..<period).map { index in
            let channel = index % channels
            return -perChannel(transform.mean, channel) / perChannel(transform.standardDeviation, channel)
        }
    }

    func write(samples: UnsafePointer<UInt8>, width: Int, to target: UnsafeMutablePointer<Float>) {
        scales.withUnsafeBufferPointer { scales in
            offsets.withUnsafeBufferPointer { offsets in
                guard let scales = scales.baseAddress, let offsets = offsets.baseAddress else { return }
                normalize(
                    NormalizeArguments(
                        input: samples,
                        output: target,
                        count: width * channels,
                        scales: scales,
                        offsets: offsets,
                        period: self.scales.count
                    )
                )
            }
        }
    }

    func write(planes: UnsafePointer<Float>, planeStride: Int, width: Int, to target: UnsafeMutablePointer<Float>) {
        for channel in 0..<channels {
            let source = planes + channel * planeStride
            for column in 0..<width { target[column &* channels &+ channel] = source[column] }
        }
    }
}
