internal import ResampleInterface

/// Along one axis of a stored picture: which samples make each pixel that is kept, and with which weights.
///
/// The numbers are those of Pillow's resampler for 8-bit pixels: a window of the filter's support times the reduction to
/// either side of the pixel's centre, weights normalised in double precision, then rounded to `TapPair.precision`.
struct ResampleWindows {
    /// The samples that make a pixel, counted along the stored axis; at least one.
    typealias Window = Range<Int>

    /// Of the kept pixels in order, along the upright axis.
    private(set) var windows: [Window] = []
    /// Where the first of them goes along the axis of the model's input.
    let firstOutput: Int
    /// For each window `pairs` pairs of weights, which are zero behind its end.
    private(set) var taps: [TapPair] = []
    private(set) var pairs = 0
    /// The samples that any window needs.
    private(set) var samples = 0..<0

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
        firstOutput = kept.lowerBound - axis.origin

        // Pillow adds up the steps from pixel to pixel here, and so rounds positions between two samples.
        var nearest = scale / 2
        for _ in 0..<kept.lowerBound { nearest += scale }

        // The weights of all windows, one after the other.
        let widest = Self.widestWindow(of: axis, reduction: reduction, filter: filter)
        let window = OwnedBuffer<Double>(count: widest, filledWith: 0)
        var weights: [Int32] = []
        weights.reserveCapacity(kept.count * widest)
        var weightOffsets: [Int] = []
        weightOffsets.reserveCapacity(kept.count)
        windows.reserveCapacity(kept.count)
        for pixel in kept {
            let centre = (Double(pixel) + 0.5) * scale + shift
            var (first, end) = (max(Int(centre - reach + 0.5), 0), min(Int(centre + reach + 0.5), sampleCount))
            if filter == .nearest {
                first = min(Int(nearest), sampleCount - 1)
                end = first + 1
                nearest += scale
            }
            precondition(end - first <= widest)
            for sample in first..<end {
                let distance = (Double(sample) - centre + 0.5) * shrink
                window.base[sample - first] = filter == .nearest ? 1 : filter.weight(at: distance)
            }
            let weightOffset = weights.count
            let used = Self.appendFixed(UnsafeBufferPointer(start: window.base, count: end - first), to: &weights)
            weightOffsets.append(weightOffset)
            windows.append(first + used.lowerBound..<first + used.upperBound)
        }
        if isMirrored {
            weights.reverse()
            weightOffsets = zip(weightOffsets, windows).map { weights.count - $0 - $1.count }
            windows = windows.map { sampleCount - $0.upperBound..<sampleCount - $0.lowerBound }
        }
        pack(weights, offsets: weightOffsets)
    }

    /// Normalises the weights of a window, rounds them, and appends them without the zeros at both ends.
    ///
    /// - Returns: the stretch of the window that is not zero.
    private static func appendFixed(_ window: UnsafeBufferPointer<Double>, to weights: inout [Int32]) -> Range<Int> {
        let sum = window.reduce(0, +)
        let one = Double(1 << TapPair.precision)
        let start = weights.count
        var leadingZeros = 0
        for weight in window {
            let scaled = (sum == 0 ? weight : weight / sum) * one
            let fixed = Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
            if fixed == 0, weights.count == start, leadingZeros < window.count - 1 {
                leadingZeros += 1
            } else {
                weights.append(fixed)
            }
        }
        while weights.count > start + 1, weights.last == 0 { weights.removeLast() }
        return leadingZeros..<leadingZeros + weights.count - start
    }

    private mutating func pack(_ weights: [Int32], offsets: [Int]) {
        samples = (windows.lazy.map(\.lowerBound).min() ?? 0)..<(windows.lazy.map(\.upperBound).max() ?? 0)
        pairs = windows.lazy.map(Self.pairs).max() ?? 0
        taps.reserveCapacity(windows.count * pairs)
        for (window, offset) in zip(windows, offsets) {
            for pair in 0..<pairs {
                let first = 2 * pair < window.count ? weights[offset + 2 * pair] : 0
                let second = 2 * pair + 1 < window.count ? weights[offset + 2 * pair + 1] : 0
                taps.append(TapPair(first, second))
            }
        }
    }

    /// Pairs of samples in a window; the second of the last one may lie behind the window.
    static func pairs(_ window: Window) -> Int {
        window.count / 2 + window.count % 2
    }
}

extension ResampleWindows {
    /// Samples of the widest window at most, known before the weights are computed.
    static func widestWindow(of axis: FramedAxis, reduction: Int, filter: ImagePipeline.Framing.Filter) -> Int {
        let scale = Double(axis.source) / Double(reduction) / Double(axis.resized)
        return Int((filter.support * max(scale, 1)).rounded(.up)) * 2 + 1
    }

    /// Bytes that the windows of an axis take at most, also while they are made.
    static func memory(of axis: FramedAxis, reduction: Int, filter: ImagePipeline.Framing.Filter) -> Int {
        let widest = widestWindow(of: axis, reduction: reduction, filter: filter)
        let packed = (widest / 2 + 1) * MemoryLayout<TapPair>.stride
        // An array may be given twice the room that it asks for.
        let unpacked = widest * MemoryLayout<Int32>.stride * 2
        return axis.kept * (packed + unpacked + 8 * MemoryLayout<Window>.stride) + widest * 32
    }
}
