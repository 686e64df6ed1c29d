/// From a compressed body to the pixels that a model takes.
///
/// The bytes are those of Pillow's `exif_transpose`, `convert("RGB")` and timm's evaluation transform, with two
/// exceptions: a JPEG more than twice as large as it has to be is shrunk while it is decoded, which leaves small
/// differences; and 16-bit grey is scaled to 8 bits rather than clipped.
package struct ImagePipeline: Sendable {
    /// How the picture is brought to the model's input size; timm's resize and crop.
    package struct Framing: Sendable, Equatable {
        package enum Mode: Sendable { case center, squash }
        package enum Filter: Sendable { case nearest, bilinear, bicubic, lanczos }

        package var width: Int
        package var height: Int
        package var cropFraction: Double
        package var mode: Mode
        package var filter: Filter

        /// - Parameters:
        ///   - width: of the model's input, in pixels, 1…65,535; so is `height`.
        ///   - cropFraction: the input's share of the resized picture, 0.1…10; usually just below 1.
        package init(width: Int, height: Int, cropFraction: Double, mode: Mode = .center, filter: Filter = .bicubic) {
            self.width = width
            self.height = height
            self.cropFraction = cropFraction
            self.mode = mode
            self.filter = filter
        }
    }

    /// What a picture may cost at most.
    package struct Limits: Sendable, Equatable {
        package var pixels = 64_000_000
        /// Bytes of all decodes that run at the same time.
        package var decodeMemory = 256 << 20

        package init() {}
    }

    private let framing: Framing
    private let limit: PixelLimit
    private let budget: DecodeBudget

    /// - Parameter budget: shared with other pipelines; without one, all copies of this pipeline share one of
    ///   `limits.decodeMemory`.
    package init(framing: Framing, limits: Limits = Limits(), budget: DecodeBudget? = nil) {
        self.framing = framing
        limit = PixelLimit(pixels: limits.pixels)
        self.budget = budget ?? DecodeBudget(limit: limits.decodeMemory)
    }

    /// Decodes, turns upright, resizes and crops, on the calling thread, which waits while other decodes use up the
    /// memory.
    package func callAsFunction(_ bytes: [UInt8]) throws(ImageError) -> Picture {
        guard !bytes.isEmpty else { throw .empty }
        let signature = Signature(bytes)
        return try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
            switch signature {
            case .jpeg: try picture(from: JPEGDecoder(buffer, limit: limit))
            case .png: try picture(from: PNGDecoder(UnsafeRawBufferPointer(buffer), limit: limit))
            case .other(let name): throw .unsupported(format: name)
            case .unknown: throw .unsupported(format: nil)
            }
        }
    }

    private func picture<Decoder: PictureDecoder & ~Copyable>(
        from decoder: consuming Decoder
    ) throws(ImageError) -> Picture {
        var decoder = decoder
        let plan = DecodePlan(decoder, framing: framing)
        let pixels = try budget.withReservation(of: plan.memory) { () throws(ImageError) in
            var resampler = plan.makeResampler()
            try decoder.decode(reduction: plan.reduction, into: &resampler)
            return resampler.pixels()
        }
        return Picture(
            width: framing.width,
            height: framing.height,
            pixels: pixels,
            format: decoder.format,
            sourceWidth: plan.horizontal.source,
            sourceHeight: plan.vertical.source,
            region: PictureRegion(
                x: plan.horizontal.keptSource.start,
                y: plan.vertical.keptSource.start,
                width: plan.horizontal.keptSource.length,
                height: plan.vertical.keptSource.length
            )
        )
    }
}
