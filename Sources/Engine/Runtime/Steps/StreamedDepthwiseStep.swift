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
    /// The features between, as if they existed.
    let inner: BufferLayout
    let filter: Filter
    let output: Buffer
    /// Whether threads shall take rows of all channels, as who reads the output does, rather than channels.
    let prefersRows: Bool
    /// Output rows of a strip.
    let rowsPerStrip: Int

    /// Rows of the scratch: what a strip's outputs read.
    private var scratchRows: Int { (rowsPerStrip - 1) * filter.stride + filter.kernelHeight }
    private var scratchPlane: Int { scratchRows * inner.rowStride }

    var scratchCount: Int { (product.panels.map(\.panel.kernel.blocks).max() ?? 0) * scratchPlane }
    var buffers: [Buffer] { [input, output] }
    var weightCount: Int {
        product.weightCount + output.layout.blocks * filter.weightsPerBlock
    }

    /// Into how many segments of rows the image is cut for each panel. They overlap: some rows of the features between are
    /// computed twice.
    private func segments(_ context: RunContext) -> Int {
        let (threads, panels) = (context.threads, product.panels.count)
        guard threads > context.images else { return 1 }
        if prefersRows, inner.shape.height >= Self.leastRows * threads { return threads }
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
        clearColumns(blocks: panel.panel.kernel.blocks, context.scratch)

        // Rows count from the inner features' upper border.
        var filled = rows.lowerBound * filter.stride
        var scratchStart = filled
        for strip in stride(from: rows.lowerBound, to: rows.upperBound, by: rowsPerStrip) {
            let count = min(rowsPerStrip, rows.upperBound - strip)
            let first = strip * filter.stride
            if filled > first {
                keep(first..<filled, from: scratchStart, blocks: panel.panel.kernel.blocks, context.scratch)
            }
            let end = first + (count - 1) * filter.stride + filter.kernelHeight
            fill(max(filled, first)..<end, from: first, panel, image: image, context)
            (filled, scratchStart) = (end, first)
            convolve(strip..<strip + count, panel.panel, image: image, context)
        }
    }

    /// The border left and right of all rows of the scratch. A line's last word of pixels is the kernels' to fill.
    private func clearColumns(blocks: Int, _ scratch: UnsafeMutablePointer<Float>) {
        let left = inner.border.left * inner.pixelStride
        let word = inner.element == .uint8Quads ? inner.element.perWord : 1
        let right = inner.border.right / word * word * inner.pixelStride
        let lines = blocks * scratchRows
        scratch.update(repeating: inner.borderWord, count: left)
        for line in 1...lines {
            // A line's right border and the next one's left border are neighbours.
            let border = scratch + line * inner.rowStride - right
            border.update(repeating: inner.borderWord, count: line < lines ? right + left : right)
        }
    }

    /// Moves rows that the next strip needs again to the scratch's start.
    private func keep(_ rows: Range<Int>, from start: Int, blocks: Int, _ scratch: UnsafeMutablePointer<Float>) {
        for block in 0..<blocks {
            let plane = scratch + block * scratchPlane
            plane.update(
                from: plane + (rows.lowerBound - start) * inner.rowStride,
                count: rows.count * inner.rowStride
            )
        }
    }

    /// Computes rows of the inner features, and the zeros above and below them.
    ///
    /// - Parameter start: the row that the scratch begins with.
    private func fill(
        _ rows: Range<Int>,
        from start: Int,
        _ panel: MatrixProduct.PackedPanel,
        image: Int,
        _ context: RunContext
    ) {
        let top = inner.border.top
        let real = rows.clamped(to: top..<top + inner.shape.height)
        for row in rows where !real.contains(row) {
            let line = context.scratch + (row - start) * inner.rowStride
            for block in 0..<panel.panel.kernel.blocks {
                (line + block * scratchPlane).update(repeating: inner.borderWord, count: inner.rowStride)
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
                c: context.scratch + first,
                stride: inner.pixelStride,
                lineStride: inner.rowStride,
                blockStride: scratchPlane
            )
        )
    }

    private func convolve(_ rows: Range<Int>, _ panel: Panel, image: Int, _ context: RunContext) {
        let layout = output.layout
        for index in 0..<panel.kernel.blocks {
            let block = panel.firstBlock + index
            let lines = FilterLines(
                input: context.scratch + index * scratchPlane,
                inputRowStride: inner.rowStride,
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
