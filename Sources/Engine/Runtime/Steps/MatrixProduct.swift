internal import KernelInterface

/// A convolution as matrix products: everything but where the results go.
struct MatrixProduct: Sendable {
    /// A panel of output channels with the place of its packed weights and bias, in floats.
    struct PackedPanel: Sendable {
        var panel: Panel
        var weights: Int
        var bias: Int
    }

    /// Where the results of one run go, and what is added to them.
    struct Destination {
        var c: UnsafeMutablePointer<Float>
        /// Floats from one output pixel to the next, and from one block of channels to the next.
        var stride: Int
        var blockStride: Int
        var residual: UnsafePointer<Float>?
        var residualBlockStride = 0
    }

    let panels: [PackedPanel]
    let order: TapOrder
    let activation: Activation

    /// One panel over a run of pixels.
    ///
    /// - Parameters:
    ///   - a: the first pixel's first tap.
    ///   - stride: floats from one output pixel's input to the next one's.
    func multiply(
        _ panel: PackedPanel,
        a: UnsafePointer<Float>,
        stride: Int,
        pixels: Int,
        weights: UnsafePointer<Float>,
        into destination: Destination
    ) {
        order.tapOffsets.withUnsafeBufferPointer { taps in
            guard let taps = taps.baseAddress else { return }
            panel.panel.kernel.run(
                GEMMArguments(
                    a: a,
                    aStride: stride,
                    tapOffsets: taps,
                    fullTaps: order.fullTaps,
                    tailTaps: order.tailTaps,
                    tailSteps: order.tailSteps,
                    b: weights + panel.weights,
                    bias: weights + panel.bias,
                    c: destination.c,
                    cStride: destination.stride,
                    cBlockStride: destination.blockStride,
                    residual: destination.residual,
                    residualBlockStride: destination.residualBlockStride,
                    pixels: pixels,
                    activation: activation
                )
            )
        }
    }
}
