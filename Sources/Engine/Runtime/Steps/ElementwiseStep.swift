internal import KernelInterface
internal import ModelGraph

/// What no convolution took along: a sum, factors per channel, an activation.
struct ElementwiseStep: Step {
    let name: String
    let kind: String
    let kernel: KernelTable.Elementwise
    let input: Buffer
    /// Added.
    var other: Buffer?
    /// Factors of shape channels × 1 × 1.
    var factors: Buffer?
    /// Factors and summands that the model fixes.
    var affine: ChannelAffine?
    let output: Buffer
    var activation = Activation.identity

    let multiplyAdds = 0
    var buffers: [Buffer] { [input, output] + [other, factors].compactMap(\.self) }

    func unitCount(_ context: RunContext) -> Int { context.images * output.layout.blocks }

    func run(unit: Int, _ context: RunContext) {
        let (image, block) = unit.quotientAndRemainder(dividingBy: output.layout.blocks)
        let layout = output.layout
        let plane = context.address(output, image: image) + block * layout.planeStride
        layout.clearBorder(ofPlane: plane)
        func address(_ buffer: Buffer) -> UnsafePointer<Float> {
            UnsafePointer(context.address(buffer, image: image) + buffer.layout.offset(block: block, row: 0, column: 0))
        }
        var arguments = ElementwiseArguments(
            input: address(input),
            inputRowStride: input.layout.rowStride,
            other: other.map(address),
            otherRowStride: other?.layout.rowStride ?? 0,
            factors: factors.map(address),
            output: plane + layout.offset(row: 0, column: 0),
            outputRowStride: layout.rowStride,
            rows: layout.shape.height,
            columns: layout.shape.width,
            activation: activation
        )
        guard let affine else { return kernel(arguments) }
        affine.scale.withUnsafeBufferPointer { scale in
            affine.shift.withUnsafeBufferPointer { shift in
                arguments.factors = scale.baseAddress.map { $0 + block * layout.block }
                arguments.offsets = shift.baseAddress.map { $0 + block * layout.block }
                kernel(arguments)
            }
        }
    }
}
