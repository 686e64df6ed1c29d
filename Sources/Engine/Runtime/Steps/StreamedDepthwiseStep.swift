internal import KernelInterface
internal import ModelGraph

/// A convolution and the depthwise convolution behind it, streamed: strips of rows of one panel of channels go from the
/// first to the second through a scratch memory that stays in the cache. The features between, the largest of the
/// network, never exist as a whole.
struct StreamedDepthwiseStep<Filter: RowFilter>: Step {
    let name: String
    let kind: String
    let multiplyAdds: Int
    let product: MatrixProduct
    let input: Buffer
    /// From the input image's start to the first tap of the first row, and from row to row, in words.
    let inputOffset: Int
    let inputRowStride: Int
    /// Words from one pixel's input to the next one's.
    let inputStride: Int
    /// Where the features between are.
    let scratch: StripScratch
    let filter: Filter
    let output: Buffer
    /// Whether threads shall take rows of all channels, as who reads the output does, rather than channels.
    let prefersRows: Bool
    /// Output rows of a strip.
    let rowsPerStrip: Int
    /// The depthwise convolution's.
    let stride: Int
    let kernelHeight: Int

    var scratchCount: Int { scratch.count }
    var buffers: [Buffer] { [input, output] }
    var weightCount: Int {
        product.weightCount + output.layout.blocks * filter.weightsPerBlock
    }

    /// Into how many segments of rows the image is cut for each panel. They overlap: some rows of the features between are
    /// computed twice.
    private func segments(_ context: RunContext) -> Int {
        let (threads, panels) = (context.threads, product.panels.count)
        guard threads > context.images else { return 1 }
        if prefersRows, scratch.layout.shape.height >= Self.leastRows * threads { return threads }
        return panels >= 2 * threads ? 1 : min((2 * threads + panels - 1) / panels, output.layout.shape.height)
    }

    /// Of a segment: in shorter ones too much is computed twice.
    private static var leastRows: Int { 14 }

    private func order(_ context: RunContext) -> UnitOrder {
        let parts = context.images * segments(context)
        return UnitOrder(groups: product.panels.count, parts: parts, threads: context.threads)
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
        let segments = segments(context)
        let (panel, part) = order(context)[unit]
        let (image, segment) = part.quotientAndRemainder(dividingBy: segments)
        let height = output.layout.shape.height
        let rows = segment * height / segments..<(segment + 1) * height / segments
        run(product.panels[panel], rows: rows, image: image, context)
    }

    private func run(_ panel: MatrixProduct.PackedPanel, rows: Range<Int>, image: Int, _ context: RunContext) {
        let isWhole = rows.count == output.layout.shape.height && rows.count <= rowsPerStrip
        scratch.clearBorder(isWhole: isWhole, context.scratch)
        let blocks = panel.panel.kernel.blocks
        // Rows count from the inner features' upper border.
        var filled = rows.lowerBound * stride
        var scratchStart = filled
        for strip in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: rowsPerStrip) {
            let count = min(rowsPerStrip, rows.upperBound - strip)
            let first = strip * stride
            if filled > first {
                // The next strip needs them again.
                scratch.moveToStart(first - scratchStart..<filled - scratchStart, blocks: blocks, context.scratch)
            }
            let end = first + (count - 1) * stride + kernelHeight
            fill(max(filled, first)..<end, from: first, clearsBorder: !isWhole, panel, image: image, context)
            (filled, scratchStart) = (end, first)
            convolve(strip..<strip + count, panel.panel, image: image, context)
        }
    }

    /// Computes rows of the inner features, and clears those of the border among them.
    ///
    /// - Parameter start: the row that the scratch begins with.
    private func fill(
        _ rows: Range<Int>,
        from start: Int,
        clearsBorder: Bool,
        _ panel: MatrixProduct.PackedPanel,
        image: Int,
        _ context: RunContext
    ) {
        let inner = scratch.layout
        let top = inner.border.top
        let real = rows.clamped(to: top..<top + inner.shape.height)
        if clearsBorder {
            for row in rows where !real.contains(row) {
                scratch.clearRow(row - start, blocks: panel.panel.kernel.blocks, context.scratch)
            }
        }
        guard !real.isEmpty else { return }
        let first = (real.lowerBound - start) * inner.rowStride + inner.border.left * inner.pixelStride
        product.multiply(
            panel,
            MatrixProduct.Lines(
                a: context.address(input, image: image) + inputOffset + (real.lowerBound - top) * inputRowStride,
                stride: inputStride,
                lineStride: inputRowStride,
                count: real.count,
                pixels: inner.shape.width
            ),
            weights: context.weights,
            into: MatrixProduct.Destination(
                element: inner.element,
                c: scratch.planes(context.scratch) + first,
                stride: inner.pixelStride,
                lineStride: inner.rowStride,
                blockStride: scratch.planeStride
            )
        )
    }

    private func convolve(_ rows: Range<Int>, _ panel: Panel, image: Int, _ context: RunContext) {
        let layout = output.layout
        for index in 0..<panel.kernel.blocks {
            let block = panel.firstBlock + index
            let lines = FilterLines(
                input: scratch.planes(context.scratch) + index * scratch.planeStride,
                inputRowStride: scratch.layout.rowStride,
                output: context.address(output, image: image)
                    + layout.offset(block: block, row: rows.lowerBound, column: 0),
                outputElement: layout.element,
                outputRowStride: layout.rowStride,
                rows: rows.count,
                columns: layout.shape.width
            )
            filter.apply(to: lines, block: block, weights: context.weights)
        }
    }
}
