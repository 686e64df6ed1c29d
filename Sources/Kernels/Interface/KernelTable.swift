/// All kernels of one set. The engine reaches kernels through a table only: a direct call could be inlined into code
/// that runs on every CPU.
package struct KernelTable: Sendable {
    package typealias Depthwise = @Sendable (borrowing DepthwiseArguments) -> Void
    package typealias Plane = @Sendable (borrowing PlaneArguments) -> Void
    package typealias Pooling = @Sendable (borrowing PoolArguments) -> Void
    package typealias Elementwise = @Sendable (borrowing ElementwiseArguments) -> Void
    package typealias Peak = @Sendable (borrowing PeakArguments) -> Void
    package typealias Normalize = @Sendable (borrowing NormalizeArguments) -> Void

    /// Channels of one block of an activation; the vector's width in floats.
    package var block: Int
    /// Panels of one, two, three and four blocks of output channels.
    package var gemm1: GEMMKernel
    package var gemm2: GEMMKernel
    package var gemm3: GEMMKernel
    package var gemm4: GEMMKernel
    package var depthwise: Depthwise
    /// Means over the plane's pixels, into `channels`.
    package var average: Plane
    /// Multiplies the plane's pixels by `channels`.
    package var scale: Plane
    package var normalize: Normalize
    package var pool: Pooling
    package var elementwise: Elementwise
    package var peak: Peak
    /// Multiply-adds of one round of `peak`.
    package var peakWork: Int

    package init(
        block: Int,
        gemm1: GEMMKernel,
        gemm2: GEMMKernel,
        gemm3: GEMMKernel,
        gemm4: GEMMKernel,
        depthwise: @escaping Depthwise,
        average: @escaping Plane,
        scale: @escaping Plane,
        normalize: @escaping Normalize,
        pool: @escaping Pooling,
        elementwise: @escaping Elementwise,
        peak: @escaping Peak,
        peakWork: Int
    ) {
        self.block = block
        self.gemm1 = gemm1
        self.gemm2 = gemm2
        self.gemm3 = gemm3
        self.gemm4 = gemm4
        self.depthwise = depthwise
        self.average = average
        self.scale = scale
        self.normalize = normalize
        self.pool = pool
        self.elementwise = elementwise
        self.peak = peak
        self.peakWork = peakWork
    }
}
