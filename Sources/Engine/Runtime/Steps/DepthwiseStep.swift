internal import KernelInterface
internal import ModelGraph

/// A depthwise convolution: each channel with its own small kernel.
struct DepthwiseStep: Step {
    let name: String
    var kind: String { "depthwise \(kernelHeight)×\(kernelWidth)/\(stride)" }
    let multiplyAdds: Int
    let input: Buffer
    let output: Buffer
    let kernel: KernelTable.Depthwise
    let kernelHeight: Int
    let kernelWidth: Int
    let stride: Int
    /// The first tap of the first output pixel, in floats from the plane's start.
    let inputOffset: Int
    /// Places of the packed weights and the bias, in floats.
    let weights: Int
    let bias: Int
    let activation: Activation

    func unitCount(images: Int) -> Int { images * output.layout.blocks }

    func run(unit: Int, _ context: RunContext) {
        let (image, block) = unit.quotientAndRemainder(dividingBy: output.layout.blocks)
        let layout = output.layout
        let plane = context.address(output, image: image) + block * layout.planeStride
        layout.clearBorder(ofPlane: plane)
        kernel(
            DepthwiseArguments(
                input: context.address(input, image: image) + block * input.layout.planeStride + inputOffset,
                inputRowStride: input.layout.rowStride,
                weights: context.weights + weights + block * kernelHeight * kernelWidth * layout.block,
                bias: context.weights + bias + block * layout.block,
                output: plane + layout.offset(row: 0, column: 0),
                outputRowStride: layout.rowStride,
                rows: layout.shape.height,
                columns: layout.shape.width,
                kernelHeight: kernelHeight,
                kernelWidth: kernelWidth,
                stride: stride,
                activation: activation
            )
        )
    }
}
