package import KernelInterface

/// The kernels of this set.
///
/// - Precondition: the CPU has the features that the set is compiled for: even this function may use them.
package func kernelTable() -> KernelTable {
    KernelTable(
        block: width,
        gemm: gemmKernels(),
        gemmBFloat16: gemmBFloat16Kernels(),
        gemmUInt8: gemmUInt8Kernels(),
        depthwise: { depthwise($0) },
        quadDepthwise: { quadDepthwise($0) },
        average: { average($0) },
        scale: { scale($0) },
        pictureSamples: { pictureSamples($0) },
        picturePlanes: { picturePlanes($0) },
        pool: { pool($0) },
        elementwise: { elementwise($0) },
        peak: { peak($0) },
        peakWork: peakWork
    )
}
