internal import KernelInterface

// Tiles fill the registers: sums, one vector of weights a block, one input.
@inline(__always)
private func kernels<Input: Format>(_ input: Input.Type) -> GEMMKernels {
    #if KERNELS_AVX512
        GEMMKernels(
            one: kernel(Input.self, GEMMTile<14, 1>.self, quads: QuadTiles<12, 12, 12, 1>.self),
            two: kernel(Input.self, GEMMTile<12, 2>.self, quads: QuadTiles<12, 12, 12, 2>.self),
            three: kernel(Input.self, GEMMTile<7, 3>.self, quads: QuadTiles<8, 7, 6, 3>.self),
            four: kernel(Input.self, GEMMTile<7, 4>.self, quads: QuadTiles<4, 4, 4, 4>.self),
            oneAndHalf: halved(Input.self, GEMMTile<12, 2>.self),
            twoAndHalf: halved(Input.self, GEMMTile<8, 3>.self),
            threeAndHalf: halved(Input.self, GEMMTile<6, 4>.self)
        )
    #else
        GEMMKernels(
            one: kernel(Input.self, GEMMTile<7, 1>.self, quads: QuadTiles<4, 4, 4, 1>.self),
            two: kernel(Input.self, GEMMTile<6, 2>.self, quads: QuadTiles<4, 4, 4, 2>.self),
            three: kernel(Input.self, GEMMTile<3, 3>.self, quads: QuadTiles<4, 4, 4, 3>.self),
            four: kernel(Input.self, GEMMTile<2, 4>.self, quads: QuadTiles<4, 4, 4, 4>.self)
        )
    #endif
}

@inline(__always)
private func kernel<Input: Format, let rows: Int, let quadRows: Int, let long: Int, let short: Int, let blocks: Int>(
    _: Input.Type,
    _: GEMMTile<rows, blocks>.Type,
    quads: QuadTiles<quadRows, long, short, blocks>.Type
) -> GEMMKernel {
    let quadRows = QuadRows(main: quadRows, long: long, short: short)
    return GEMMKernel(rows: rows, smallRows: smallRows, quads: quadRows, blocks: blocks) {
        run(Input.self, GEMMTile<rows, blocks>.self, quads: QuadTiles<quadRows, long, short, blocks>.self, $0)
    }
}

@inline(__always)
private func halved<Input: Format, let rows: Int, let blocks: Int>(
    _: Input.Type,
    _: GEMMTile<rows, blocks>.Type
) -> GEMMKernel {
    GEMMKernel(halvedRows: rows, smallRows: smallRows, blocks: blocks) {
        run(Halved<Input>.self, Input.self, GEMMTile<rows, blocks>.self, $0)
    }
}

func gemmKernels() -> GEMMKernels {
    kernels(Float32Format.self)
}

func gemmBFloat16Kernels() -> GEMMKernels {
    #if KERNELS_BF16
        kernels(BFloat16Format.self)
    #else
        checkKernels(BFloat16Format.self)
    #endif
}

/// Bytes are written four pixels at a time: tiles are made of as many.
func gemmUInt8Kernels() -> GEMMKernels {
    #if KERNELS_BF16
        GEMMKernels(
            one: kernel(UInt8Format.self, GEMMTile<12, 1>.self, quads: QuadTiles<12, 12, 12, 1>.self),
            two: kernel(UInt8Format.self, GEMMTile<12, 2>.self, quads: QuadTiles<12, 12, 12, 2>.self),
            three: kernel(UInt8Format.self, GEMMTile<7, 3>.self, quads: QuadTiles<8, 7, 6, 3>.self),
            four: kernel(UInt8Format.self, GEMMTile<4, 4>.self, quads: QuadTiles<4, 4, 4, 4>.self),
            oneAndHalf: halved(UInt8Format.self, GEMMTile<12, 2>.self),
            twoAndHalf: halved(UInt8Format.self, GEMMTile<8, 3>.self),
            threeAndHalf: halved(UInt8Format.self, GEMMTile<6, 4>.self)
        )
    #else
        checkKernels(UInt8Format.self)
    #endif
}

#if !KERNELS_BF16
    /// For checks only: the least code.
    private func checkKernels<Input: Format>(_: Input.Type) -> GEMMKernels {
        GEMMKernels(
            one: kernel(Input.self, SmallTile<1>.self, quads: QuadTiles<4, 4, 4, 1>.self)
        )
    }
#endif
