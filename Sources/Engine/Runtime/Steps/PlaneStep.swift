internal import KernelInterface
internal import ModelGraph

/// Work on whole planes and one number per channel: means into `channels`, or scaling in place by `channels`.
struct PlaneStep: Step {
    let name: String
    let kind: String
    let multiplyAdds = 0
    var buffers: [Buffer] { [features, channels] }
    let features: Buffer
    let channels: Buffer
    let kernel: KernelTable.Plane

    func unitCount(_ context: RunContext) -> Int { context.images * features.layout.blocks }

    func run(unit: Int, _ context: RunContext) {
        let layout = features.layout
        let (image, block) = unit.quotientAndRemainder(dividingBy: layout.blocks)
        kernel(
            PlaneArguments(
                plane: context.address(features, image: image) + layout.offset(block: block, row: 0, column: 0),
                element: layout.element,
                rowStride: layout.rowStride,
                rows: layout.shape.height,
                columns: layout.shape.width,
                channels: context.address(channels, image: image) + block * channels.layout.planeStride
                    + channels.layout.offset(row: 0, column: 0)
            )
        )
    }
}
