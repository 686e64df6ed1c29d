/// What is going to be done with a picture, and what it will cost, known from its header alone.
struct DecodePlan {
    /// The upright axes.
    let horizontal: FramedAxis
    let vertical: FramedAxis
    /// Source pixels along each side of a sample that the decoder delivers.
    let reduction: Int
    /// Bytes, at most.
    let memory: Int

    private let filter: ImagePipeline.Framing.Filter
    private let orientation: Orientation
    private let shape: Resampler.Shape

    init<Decoder: PictureDecoder & ~Copyable>(_ decoder: borrowing Decoder, framing: ImagePipeline.Framing) {
        let orientation = decoder.orientation
        let isTurned = orientation.swapsAxes
        let axes = framing.axes(
            width: isTurned ? decoder.height : decoder.width,
            height: isTurned ? decoder.width : decoder.height
        )
        // Twice the resized size has to be left, so that the resampler still has the last word.
        let spare = min(
            axes.horizontal.source / axes.horizontal.resized,
            axes.vertical.source / axes.vertical.resized
        )
        // The nearest pixel is one of the picture's own.
        let reduction = framing.filter == .nearest ? 1 : decoder.reduction(upTo: spare / 2)

        let filter = framing.filter
        let rowAxis = isTurned ? axes.horizontal : axes.vertical
        let columnAxis = isTurned ? axes.vertical : axes.horizontal
        let columns = Self.neededSamples(of: columnAxis, reduction: reduction, filter: filter)
        let rows = Self.neededSamples(of: rowAxis, reduction: reduction, filter: filter)
        let shape = Resampler.Shape(
            swapsAxes: isTurned,
            sumsFirst: isTurned != Self.resizesHeightFirst(axes.horizontal, axes.vertical),
            width: framing.width,
            height: framing.height
        )
        memory =
            decoder.memory(columns: columns, rows: rows)
            + ResampleWindows.memory(of: rowAxis, reduction: reduction, filter: filter)
            + ResampleWindows.memory(of: columnAxis, reduction: reduction, filter: filter)
            + Resampler.memory(
                columns: columns,
                widestWindow: ResampleWindows.widestWindow(of: columnAxis, reduction: reduction, filter: filter),
                tallestWindow: ResampleWindows.widestWindow(of: rowAxis, reduction: reduction, filter: filter),
                shape: shape
            )
        self.shape = shape
        horizontal = axes.horizontal
        vertical = axes.vertical
        self.reduction = reduction
        self.filter = filter
        self.orientation = orientation
    }

    func makeResampler() -> Resampler {
        let along = windows(of: horizontal, isMirrored: orientation.mirrorsHorizontally)
        let down = windows(of: vertical, isMirrored: orientation.mirrorsVertically)
        return Resampler(
            columnWindows: orientation.swapsAxes ? down : along,
            rowWindows: orientation.swapsAxes ? along : down,
            shape: shape
        )
    }

    /// Pillow (13) resizes along the width first, unless the height loses more than twice as many pixels.
    private static func resizesHeightFirst(_ horizontal: FramedAxis, _ vertical: FramedAxis) -> Bool {
        let lost = vertical.source - vertical.resized
        return lost > 0 && lost > 2 * (horizontal.source - horizontal.resized)
    }

    private func windows(of axis: FramedAxis, isMirrored: Bool) -> ResampleWindows {
        ResampleWindows(
            axis: axis,
            sampleCount: Self.sampleCount(of: axis, reduction: reduction),
            reduction: reduction,
            isMirrored: isMirrored,
            filter: filter
        )
    }

    private static func sampleCount(of axis: FramedAxis, reduction: Int) -> Int {
        (axis.source - 1) / reduction + 1
    }

    /// Samples that the kept stretch of an axis needs, at most.
    private static func neededSamples(
        of axis: FramedAxis,
        reduction: Int,
        filter: ImagePipeline.Framing.Filter
    ) -> Int {
        let samples = sampleCount(of: axis, reduction: reduction)
        let stretch = (Double(samples) / Double(axis.resized) * Double(min(axis.kept, axis.resized))).rounded(.up)
        return min(samples, Int(stretch) + ResampleWindows.widestWindow(of: axis, reduction: reduction, filter: filter))
    }
}
