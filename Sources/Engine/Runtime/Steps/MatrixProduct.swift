internal import KernelInterface

/// A convolution as matrix products: everything but where the results go.
struct MatrixProduct: Sendable {
    /// A panel of output channels with the place of its packed weights and bias, in words.
    struct PackedPanel: Sendable {
        var panel: Panel
        var weights: Int
        var bias: Int
        /// For products of bytes.
        var scales: Int
    }

    /// Lines of output pixels whose inputs are equally far apart. Strides are in words.
    struct Lines {
        /// The first line's first pixel's first tap.
        var a: UnsafePointer<Float>
        /// From one output pixel's input to the next one's, and from line to line.
        var stride: Int
        var lineStride: Int
        var count: Int
        /// Of each line.
        var pixels: Int
        /// Whether they come from far: the next pixels are asked for early.
        var readsAhead = false
    }

    /// Where results go, and what is added to them. Strides are in words.
    struct Destination {
        /// What it holds, and what is added to it.
        var element = Element.float32
        var c: UnsafeMutablePointer<Float>
        /// From one output pixel to the next, from line to line, and from one block of channels to the next.
        var stride: Int
        var lineStride: Int
        var blockStride: Int
        var residual: UnsafePointer<Float>?
        var residualLineStride = 0
        var residualBlockStride = 0
    }

    /// So few (14×14) that the next weights are asked for: there are many of them, and soon it is their turn.
    private static let fewPixels = 196

    let panels: [PackedPanel]
    /// Channels of a block.
    let block: Int
    let order: TapOrder
    /// The format of inputs and weights.
    let input: Element
    /// What one step of an input of bytes stands for.
    let inputScale: Float
    let activation: Activation
    let mapping: ByteMapping

    /// What `kind` calls the numbers that it multiplies: nothing for floats.
    var title: String {
        switch input {
        case .float32: ""
        case .bfloat16: " in bf16"
        case .uint8, .uint8Quads: " in int8"
        }
    }

    /// Words of packed weights.
    var weightCount: Int {
        panels.reduce(0) { $0 + order.steps * $1.panel.kernel.blocks * block }
    }

    /// One panel over some lines.
    func multiply(
        _ panel: PackedPanel,
        _ lines: Lines,
        weights: UnsafePointer<Float>,
        into destination: Destination
    ) {
        let (first, lanes) = (weights + panel.weights, panel.panel.kernel.blocks * block)
        let isShort = lines.count * lines.pixels <= Self.fewPixels
        order.tapOffsets.withUnsafeBufferPointer { taps in
            guard let taps = taps.baseAddress else { return }
            panel.panel.kernel.run(
                GEMMArguments(
                    a: lines.a,
                    aStride: lines.stride,
                    aLineStride: lines.lineStride,
                    readsAhead: lines.readsAhead,
                    // Weights lie in the order in which they are read.
                    next: isShort ? first + order.steps * lanes : nil,
                    tapOffsets: taps,
                    fullTaps: order.fullTaps,
                    tailTaps: order.tailTaps,
                    tailSteps: order.tailSteps,
                    b: first,
                    bStride: lanes,
                    bias: weights + panel.bias,
                    scales: weights + panel.scales,
                    output: destination.element,
                    c: destination.c,
                    cStride: destination.stride,
                    cLineStride: destination.lineStride,
                    cBlockStride: destination.blockStride,
                    residual: destination.residual,
                    residualLineStride: destination.residualLineStride,
                    residualBlockStride: destination.residualBlockStride,
                    lines: lines.count,
                    pixels: lines.pixels,
                    activation: activation,
                    mapping: mapping
                )
            )
        }
    }
}
