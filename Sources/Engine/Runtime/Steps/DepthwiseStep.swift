internal import KernelInterface
internal import ModelGraph

/// A depthwise convolution whose input lies in memory.
struct DepthwiseStep: Step {
    let name: String
    let multiplyAdds: Int
    let input: Buffer
    let output: Buffer
    let filter: DepthwiseFilter
    /// The first tap of the first output pixel, in words from the plane's start.
    let inputOffset: Int

    var kind: String { filter.title }
    var buffers: [Buffer] { [input, output] }
    var weightCount: Int { output.layout.blocks * filter.weightsPerBlock }

    func unitCount(_ context: RunContext) -> Int { context.images * output.layout.blocks }

    func run(unit: Int, _ context: RunContext) {
        let (image, block) = unit.quotientAndRemainder(dividingBy: output.layout.blocks)
        let layout = output.layout
        let plane = context.address(output, image: image) + block * layout.planeStride
        layout.clearBorder(ofPlane: plane)
        let lines = FilterLines(
            input: context.address(input, image: image) + block * input.layout.planeStride + inputOffset,
            inputRowStride: input.layout.rowStride,
            output: plane + layout.offset(row: 0, column: 0),
            outputElement: layout.element,
            outputRowStride: layout.rowStride,
            rows: layout.shape.height,
            columns: layout.shape.width
        )
        filter.apply(to: lines, block: block, weights: context.weights)
    }
}
