/// All kernels of one set. The engine reaches kernels through a table only: a direct call could be inlined into code
/// that runs on every CPU.
package struct KernelTable: Sendable {
    package typealias Depthwise = @Sendable (borrowing DepthwiseArguments) -> Void
    package typealias QuadDepthwise = @Sendable (borrowing QuadDepthwiseArguments) -> Void
    package typealias Plane = @Sendable (borrowing PlaneArguments) -> Void
    package typealias Pooling = @Sendable (borrowing PoolArguments) -> Void
    package typealias Elementwise = @Sendable (borrowing ElementwiseArguments) -> Void
    /// Returns how many words were multiplied.
    package typealias Peak = @Sendable (borrowing PeakArguments) -> Int
    package typealias PictureSamples = @Sendable (borrowing PictureSampleArguments) -> Void
    package typealias PicturePlanes = @Sendable (borrowing PicturePlaneArguments) -> Void

    /// Channels of one block of an activation; the vector's width in floats.
    package var block: Int
    package var gemm: GEMMKernels
    /// For inputs and weights in bf16; panels of one block only where the set has no instruction for them.
    package var gemmBFloat16: GEMMKernels
    /// For inputs and weights of bytes.
    package var gemmUInt8: GEMMKernels
    package var depthwise: Depthwise
    package var quadDepthwise: QuadDepthwise
    /// Means over the plane's pixels, into `channels`.
    package var average: Plane
    /// Multiplies the plane's pixels by `channels`.
    package var scale: Plane
    package var pictureSamples: PictureSamples
    package var picturePlanes: PicturePlanes
    package var pool: Pooling
    package var elementwise: Elementwise
    package var peak: Peak

    package init(
        block: Int,
        gemm: GEMMKernels,
        gemmBFloat16: GEMMKernels,
        gemmUInt8: GEMMKernels,
        depthwise: @escaping Depthwise,
        quadDepthwise: @escaping QuadDepthwise,
        average: @escaping Plane,
        scale: @escaping Plane,
        pictureSamples: @escaping PictureSamples,
        picturePlanes: @escaping PicturePlanes,
        pool: @escaping Pooling,
        elementwise: @escaping Elementwise,
        peak: @escaping Peak
    ) {
        self.block = block
        self.gemm = gemm
        self.gemmBFloat16 = gemmBFloat16
        self.gemmUInt8 = gemmUInt8
        self.depthwise = depthwise
        self.quadDepthwise = quadDepthwise
        self.average = average
        self.scale = scale
        self.pictureSamples = pictureSamples
        self.picturePlanes = picturePlanes
        self.pool = pool
        self.elementwise = elementwise
        self.peak = peak
    }
}
