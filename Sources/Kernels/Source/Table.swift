package import KernelInterface

/// The kernels of this set.
///
/// - Precondition: the CPU has the features that the set is compiled for: even this function may use them.
package func kernelTable() -> KernelTable {
    table(gemmBFloat16: gemmBFloat16Kernels(), peak: { peak($0) })
}

#if KERNELS_BF16
    /// The kernels of this set for CPUs that multiply matrices.
    ///
    /// - Precondition: as of `kernelTable`, and the process may use AMX.
    package func amxKernelTable() -> KernelTable {
        table(gemmBFloat16: matrixKernels(), peak: { matrixPeak($0) })
    }
#endif

@inline(__always)
private func table(gemmBFloat16: GEMMKernels, peak: @escaping KernelTable.Peak) -> KernelTable {
    KernelTable(
        block: width,
        gemm: gemmKernels(),
        gemmBFloat16: gemmBFloat16,
        gemmUInt8: gemmUInt8Kernels(),
        depthwise: { depthwise($0) },
        quadDepthwise: { quadDepthwise($0) },
        average: { average($0) },
        scale: { scale($0) },
        pictureSamples: { pictureSamples($0) },
        picturePlanes: { picturePlanes($0) },
        pool: { pool($0) },
        elementwise: { elementwise($0) },
        peak: peak
    )
}
