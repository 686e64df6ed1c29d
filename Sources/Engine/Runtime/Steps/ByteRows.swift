internal import KernelInterface

/// Rows of bytes, one word a pixel: samples stay as they are, and numbers become the samples that stand for them.
struct ByteRows: InputRows {
    let title = "input in int8"
    private let quantize: KernelTable.QuantizePicture
    private let channels: Int
    private var factors = SIMD4<Float>()
    private var offsets = SIMD4<Float>()

    /// - Parameter bytes: with a factor and a zero for each channel.
    init(_ bytes: InputBytes, quantize: @escaping KernelTable.QuantizePicture) {
        self.quantize = quantize
        channels = bytes.factors.count
        for channel in 0..<channels {
            factors[channel] = 1 / (bytes.scale * bytes.factors[channel])
            offsets[channel] = bytes.zeros[channel]
        }
    }

    func write(samples: UnsafePointer<UInt8>, width: Int, to target: UnsafeMutablePointer<Float>) {
        func word(_ pixel: Int) -> UInt32 {
            (0..<channels).reduce(0) { $0 | UInt32(samples[pixel * channels + $1]) << UInt32(8 * $1) }
        }
        guard channels == 3 else {
            for pixel in 0..<width { target[pixel] = Float(bitPattern: word(pixel)) }
            return
        }
        // All but the last have another byte behind them.
        let bytes = UnsafeRawPointer(samples)
        for pixel in 0..<width - 1 {
            let word = bytes.loadUnaligned(fromByteOffset: pixel &* 3, as: UInt32.self)
            target[pixel] = Float(bitPattern: word & 0x00ff_ffff)
        }
        target[width - 1] = Float(bitPattern: word(width - 1))
    }

    func write(planes: UnsafePointer<Float>, planeStride: Int, width: Int, to target: UnsafeMutablePointer<Float>) {
        quantize(
            PictureArguments(
                planes: planes,
                planeStride: planeStride,
                channels: channels,
                factors: factors,
                offsets: offsets,
                output: target,
                count: width
            )
        )
    }
}
