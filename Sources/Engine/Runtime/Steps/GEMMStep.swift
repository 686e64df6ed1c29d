internal import KernelInterface
internal import ModelGraph

/// A convolution (or fully connected layer) as matrix products.
struct GEMMStep: Step {
    /// How the output is cut into lines: rows of the image, or longer stretches where rows follow each other without a
    /// border. Positions and strides are in words.
    struct Cut: Sendable {
        var lines: Int
        var pixels: Int
        /// Of the last line.
        var lastPixels: Int
        /// Of the first line's first input and output.
        var input: Int
        var output: Int
        var residual: Int
        var inputStride: Int
        var outputStride: Int
        var residualStride: Int
    }

    let name: String
    let kind: String
    let multiplyAdds: Int
    let product: MatrixProduct
    let input: Buffer
    let output: Buffer
    let residual: Buffer?
    /// Words from one output pixel's input to the next one's.
    let inputStride: Int
    let cut: Cut
    /// Whether the input is so large that the caches have lost it.
    let readsAhead: Bool
    /// How many lines and panels make a unit.
    let linesPerUnit: Int
    let panelsPerUnit: Int

    var buffers: [Buffer] { [input, output] + [residual].compactMap(\.self) }
    var weightCount: Int { product.weightCount }

    private var lineGroups: Int { (cut.lines + linesPerUnit - 1) / linesPerUnit }
    private var panelGroups: Int { (product.panels.count + panelsPerUnit - 1) / panelsPerUnit }
    /// One pixel an image: then the images of the batch are the pixels of one line.
    private var isPixelwise: Bool {
        output.layout.shape.height * output.layout.shape.width == 1 && residual == nil
            && input.isBatched && output.isBatched
    }

    private func order(_ context: RunContext) -> UnitOrder {
        let parts = isPixelwise ? 1 : context.images * lineGroups
        return UnitOrder(groups: panelGroups, parts: parts, threads: context.threads)
    }

    func unitCount(_ context: RunContext) -> Int {
        let order = order(context)
        return order.groups * order.parts
    }

    func prepare(_ context: RunContext) {
        // Else threads read rows that they wrote.
        if order(context).parts < context.threads { context.prefetch(input) }
    }

    func run(unit: Int, _ context: RunContext) {
        let (panelGroup, part) = order(context)[unit]
        let (image, lineGroup) = part.quotientAndRemainder(dividingBy: lineGroups)
        let firstPanel = panelGroup * panelsPerUnit
        let first = lineGroup * linesPerUnit
        let end = min(first + linesPerUnit, cut.lines)
        let full = cut.lastPixels < cut.pixels && end == cut.lines ? end - 1 : end
        for panel in product.panels[firstPanel..<min(firstPanel + panelsPerUnit, product.panels.count)] {
            if lineGroup == 0 { clearBorder(of: panel.panel, image: image, context) }
            if isPixelwise {
                compute(0..<1, pixels: context.images, panel, image: 0, context)
                continue
            }
            if first < full { compute(first..<full, pixels: cut.pixels, panel, image: image, context) }
            if full < end { compute(full..<end, pixels: cut.lastPixels, panel, image: image, context) }
        }
    }

    private func compute(
        _ lines: Range<Int>,
        pixels: Int,
        _ panel: MatrixProduct.PackedPanel,
        image: Int,
        _ context: RunContext
    ) {
        let layout = output.layout
        let firstBlock = panel.panel.firstBlock
        let c = context.address(output, image: image) + firstBlock * layout.planeStride
        var destination = MatrixProduct.Destination(
            element: layout.element,
            c: c + cut.output + lines.lowerBound * cut.outputStride,
            stride: isPixelwise ? context.batchArenaStride : layout.pixelStride,
            lineStride: cut.outputStride,
            blockStride: layout.planeStride
        )
        if let residual {
            let plane = residual.layout.planeStride
            let start = cut.residual + lines.lowerBound * cut.residualStride + firstBlock * plane
            destination.residual = UnsafePointer(context.address(residual, image: image) + start)
            destination.residualLineStride = cut.residualStride
            destination.residualBlockStride = plane
        }
        product.multiply(
            panel,
            MatrixProduct.Lines(
                a: context.address(input, image: image) + cut.input + lines.lowerBound * cut.inputStride,
                stride: isPixelwise ? context.batchArenaStride : inputStride,
                lineStride: cut.inputStride,
                count: lines.count,
                pixels: pixels,
                readsAhead: readsAhead
            ),
            weights: context.weights,
            into: destination
        )
    }

    private func clearBorder(of panel: Panel, image: Int, _ context: RunContext) {
        let layout = output.layout
        guard !layout.border.isEmpty else { return }
        for block in panel.firstBlock..<panel.firstBlock + panel.kernel.blocks {
            layout.clearBorder(ofPlane: context.address(output, image: image) + block * layout.planeStride)
        }
    }
}
