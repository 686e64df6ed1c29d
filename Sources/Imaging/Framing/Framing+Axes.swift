/// What happens to one axis of an upright picture: it is resized as a whole, then a stretch of it is kept.
struct FramedAxis: Equatable {
    /// Pixels before resizing.
    var source: Int
    /// Pixels after resizing.
    var resized: Int
    /// Where the kept stretch starts in the resized axis; negative where the model's input reaches beyond the picture.
    var origin: Int
    /// Pixels that are kept: the model's input size.
    var kept: Int

    /// A crop around the centre as torchvision's CenterCrop places it: half a pixel is rounded to the even one, and
    /// what the picture lacks is added on both sides, the odd pixel behind.
    init(source: Int, resized: Int, kept: Int) {
        self.source = source
        self.resized = resized
        self.kept = kept
        origin =
            resized < kept
            ? -((kept - resized) / 2)
            : Int((Double(resized - kept) / 2).rounded(.toNearestOrEven))
    }

    /// The kept stretch in pixels before resizing.
    var keptSource: (start: Double, length: Double) {
        let scale = Double(source) / Double(resized)
        return (Double(origin) * scale, Double(kept) * scale)
    }
}

extension ImagePipeline.Framing {
    /// The two axes of an upright picture of `width` × `height` pixels (both at least 1), as timm's evaluation transform
    /// lays them out.
    func axes(width: Int, height: Int) -> (horizontal: FramedAxis, vertical: FramedAxis) {
        let target = (width: scaled(self.width), height: scaled(self.height))
        let resized = resizedSize(width: width, height: height, target: target)
        return (
            FramedAxis(source: width, resized: resized.width, kept: self.width),
            FramedAxis(source: height, resized: resized.height, kept: self.height)
        )
    }

    /// The side that is resized to so that `side` is `cropFraction` of it.
    private func scaled(_ side: Int) -> Int {
        let fraction = cropFraction > 0.1 ? min(cropFraction, 10) : 0.1
        return max(1, Int((Double(side) / fraction).rounded(.down)))
    }

    private func resizedSize(
        width: Int,
        height: Int,
        target: (width: Int, height: Int)
    ) -> (width: Int, height: Int) {
        switch mode {
        case .squash:
            return target
        case .center where target.width == target.height:
            // torchvision's Resize with one number: the shorter side becomes it, the longer one is rounded down.
            let side = target.width
            return width <= height
                ? (side, Int(Double(side * height) / Double(width)))
                : (Int(Double(side * width) / Double(height)), side)
        case .center:
            // timm's ResizeKeepRatio: the picture covers the target.
            let ratio = min(Double(height) / Double(target.height), Double(width) / Double(target.width))
            return (
                Int((Double(width) / ratio).rounded(.toNearestOrEven)),
                Int((Double(height) / ratio).rounded(.toNearestOrEven))
            )
        }
    }
}
