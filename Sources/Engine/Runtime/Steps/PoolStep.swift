internal import KernelInterface
internal import ModelGraph

/// The largest number, or the mean, of each window.
struct PoolStep: Step {
    let name: String
    let kernel: KernelTable.Pooling
    let pool: Pool
    let input: Buffer
    let output: Buffer
    /// Rows above and columns left of the input that the first window covers.
    let top: Int
    let left: Int

    let multiplyAdds = 0
    var buffers: [Buffer] { [input, output] }
    var kind: String { "\(pool.kind) pool \(pool.kernelHeight)×\(pool.kernelWidth)/\(pool.stride)" }

    func unitCount(_ context: RunContext) -> Int { context.images * output.layout.blocks }

    func run(unit: Int, _ context: RunContext) {
        let (image, block) = unit.quotientAndRemainder(dividingBy: output.layout.blocks)
        let plane = context.address(output, image: image) + block * output.layout.planeStride
        output.layout.clearBorder(ofPlane: plane)
        kernel(
            PoolArguments(
                input: context.address(input, image: image) + input.layout.offset(block: block, row: 0, column: 0),
                inputElement: input.layout.element,
                inputRowStride: input.layout.rowStride,
                inputRows: input.layout.shape.height,
                inputColumns: input.layout.shape.width,
                output: plane + output.layout.offset(row: 0, column: 0),
                outputElement: output.layout.element,
                outputRowStride: output.layout.rowStride,
                rows: output.layout.shape.height,
                columns: output.layout.shape.width,
                kernelHeight: pool.kernelHeight,
                kernelWidth: pool.kernelWidth,
                stride: pool.stride,
                top: top,
                left: left,
                isMaximum: pool.kind == .maximum,
                countsPadding: pool.countsPadding
            )
        )
    }
}
