internal import KernelInterface
internal import ModelGraph

/// Writes rows of the network's input as its first layer reads them: normalised numbers, or samples as they are.
struct PictureRows: Sendable {
    private let channels: Int
    private let element: Element
    private let samples: KernelTable.PictureSamples
    private let planes: KernelTable.PicturePlanes
    /// What samples are multiplied with and what is added: the values of a stored pixel, repeated until a whole number of
    /// vectors is filled.
    private var scales: [Float] = []
    private var offsets: [Float] = []
    /// The same for a preprocessed image's numbers, channel by channel, that become bytes.
    private var planeFactors = SIMD4<Float>.one
    private var planeOffsets = SIMD4<Float>.zero

    /// What profiles call it.
    var title: String {
        switch element {
        case .float32: "input"
        case .bfloat16: "input in bf16"
        case .uint8, .uint8Quads: "input in int8"
        }
    }

    private init(channels: Int, element: Element, kernels: KernelTable) {
        self.channels = channels
        self.element = element
        samples = kernels.pictureSamples
        planes = kernels.picturePlanes
    }

    /// Numbers.
    init(_ transform: ImageTransform, channels: Int, element: Element, kernels: KernelTable) {
        self.init(channels: channels, element: element, kernels: kernels)
        let stored = (channels + element.perWord - 1) / element.perWord * element.perWord
        for index in 0..<stored * kernels.block {
            let channel = index % stored
            guard channel < channels else {
                scales.append(0)
                offsets.append(0)
                continue
            }
            let (mean, deviation) = transform.normalization(ofChannel: channel)
            scales.append(1 / (255 * deviation))
            offsets.append(-mean / deviation)
        }
    }

    /// Bytes, one word a pixel: samples stay as they are, and numbers become the samples that stand for them.
    ///
    /// - Parameter bytes: with a factor and a zero for each channel.
    init(_ bytes: InputBytes, kernels: KernelTable) {
        self.init(channels: bytes.factors.count, element: .uint8, kernels: kernels)
        for channel in 0..<channels {
            planeFactors[channel] = 1 / (bytes.scale * bytes.factors[channel])
            planeOffsets[channel] = bytes.zeros[channel]
        }
    }

    /// - Parameter row: 8-bit samples, channels interleaved.
    func write(samples row: UnsafePointer<UInt8>, width: Int, to target: UnsafeMutablePointer<Float>) {
        scales.withUnsafeBufferPointer { scales in
            offsets.withUnsafeBufferPointer { offsets in
                samples(
                    PictureSampleArguments(
                        samples: row,
                        channels: channels,
                        element: element,
                        output: target,
                        count: width,
                        scales: scales.baseAddress,
                        offsets: offsets.baseAddress,
                        period: scales.count
                    )
                )
            }
        }
    }

    /// - Parameter row: the first channel's row of a preprocessed image; the others' are `planeStride` floats apart.
    func write(planes row: UnsafePointer<Float>, planeStride: Int, width: Int, to target: UnsafeMutablePointer<Float>) {
        planes(
            PicturePlaneArguments(
                planes: row,
                planeStride: planeStride,
                channels: channels,
                element: element,
                factors: planeFactors,
                offsets: planeOffsets,
                output: target,
                count: width
            )
        )
    }
}
