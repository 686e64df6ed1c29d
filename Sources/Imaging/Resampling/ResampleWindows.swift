/// Along one axis of a stored picture: which samples make each pixel that is kept, and with which weights.
///
/// The numbers are those of Pillow's resampler for 8-bit pixels: a window of `support` times the reduction to either
/// side of the pixel's centre, weights normalised in double precision, then rounded to 22 fractional bits.
struct ResampleWindows {
    /// Fractional bits of a weight.
    static let precision: Int32 = 22
    /// Bits in the lower part of a weight that is split to fit 16-bit multiplication.
    static let lowBits: Int32 = 11

    /// The weights of two neighbouring samples, each split into `high << lowBits + low`.
    struct TapPair {
        var high: SIMD2<Int16>
        var low: SIMD2<Int16>
    }

    /// A kept pixel.
    struct Window {
        /// The first sample, counted along the stored axis.
        var start: Int
        /// Samples; at least one.
        var count: Int
        /// The first of its `(count + 1) / 2` pairs in `taps`.
        var tap: Int
        /// Where the pixel goes along the upright axis of the model's input.
        var output: Int

        var end: Int { start + count }
    }

    /// In order of `output`. Empty where nothing of the picture is kept.
    private(set) var windows: [Window] = []
    private(set) var taps: [TapPair] = []
    /// The samples that any window needs.
    private(set) var samples: Range<Int> = 0..<0
    /// Samples of the widest window.
    private(set) var widest = 0

    /// - Parameters:
    ///   - axis: the upright axis.
    ///   - sampleCount: samples that the decoder delivers along the stored axis, `axis.source` or fewer.
    ///   - reduction: source pixels a sample; 1 if each is delivered.
    ///   - isMirrored: whether the stored axis runs against the upright one.
    init(
        axis: FramedAxis,
        sampleCount: Int,
        reduction: Int,
        isMirrored: Bool,
        filter: ImagePipeline.Framing.Filter
    ) {
        let extent = Double(axis.source) / Double(reduction)
        let scale = extent / Double(axis.resized)
        // The last stored sample may lie partly outside of the picture: seen from the other end that is the first.
        let shift = isMirrored ? Double(sampleCount) - extent : 0
        let stretch = max(scale, 1)
        let shrink = 1 / stretch
        let reach = filter.support * stretch
        let kept = max(axis.origin, 0)..<min(axis.origin + axis.kept, axis.resized)
        windows.reserveCapacity(kept.count)
        var weights: [Double] = []
        for pixel in kept {
            let centre = (Double(pixel) + 0.5) * scale + shift
            let first = max(Int(centre - reach + 0.5), 0)
            let end = min(Int(centre + reach + 0.5), sampleCount)
            weights.removeAll(keepingCapacity: true)
            for sample in first..<max(end, first) {
                weights.append(filter.weight(at: (Double(sample) - centre + 0.5) * shrink))
            }
            append(weights, from: first, output: pixel - axis.origin, mirroring: isMirrored ? sampleCount : nil)
        }
        let starts = windows.lazy.map(\.start)
        let ends = windows.lazy.map(\.end)
        samples = (starts.min() ?? 0)..<(ends.max() ?? 0)
        widest = windows.lazy.map(\.count).max() ?? 0
    }

    private mutating func append(_ weights: [Double], from first: Int, output: Int, mirroring sampleCount: Int?) {
        let sum = weights.reduce(0, +)
        let one = Double(1 << Self.precision)
        var fixed = weights.map { weight in
            let scaled = (sum == 0 ? weight : weight / sum) * one
            return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
        }
        var start = first
        if let leading = fixed.firstIndex(where: { $0 != 0 }), let trailing = fixed.lastIndex(where: { $0 != 0 }) {
            start += leading
            fixed = Array(fixed[leading...trailing])
        }
        if let sampleCount {
            fixed.reverse()
            start = sampleCount - start - fixed.count
        }
        windows.append(Window(start: start, count: fixed.count, tap: taps.count, output: output))
        for index in stride(from: 0, to: fixed.count, by: 2) {
            let pair = SIMD2(fixed[index], index + 1 < fixed.count ? fixed[index + 1] : 0)
            taps.append(
                TapPair(
                    high: SIMD2(truncatingIfNeeded: pair &>> Self.lowBits),
                    low: SIMD2(truncatingIfNeeded: pair & ((1 << Self.lowBits) - 1))
                )
            )
        }
    }
}

extension ResampleWindows {
    /// Samples of the widest window at most, known before the weights are computed.
    static func widestWindow(of axis: FramedAxis, reduction: Int, filter: ImagePipeline.Framing.Filter) -> Int {
        let scale = Double(axis.source) / Double(reduction) / Double(axis.resized)
        return Int((filter.support * max(scale, 1)).rounded(.up)) * 2 + 1
    }

    /// Bytes that the windows of an axis take at most.
    static func memory(of axis: FramedAxis, reduction: Int, filter: ImagePipeline.Framing.Filter) -> Int {
        let widest = widestWindow(of: axis, reduction: reduction, filter: filter)
        let pairs = axis.kept * (widest / 2 + 1)
        // Growing arrays may hold twice what is in them, and another third while they move.
        return pairs * MemoryLayout<TapPair>.stride * 3 + widest * 12 + axis.kept * MemoryLayout<Window>.stride
    }
}
