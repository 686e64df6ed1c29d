internal import KernelInterface

/// A GEMM kernel and the output channels it computes.
struct Panel: Sendable {
    var kernel: GEMMKernel
    /// The first block of output channels.
    var firstBlock: Int
}

extension KernelTable {
    /// Covers `blocks` of output channels with panels, choosing the tile that wastes least on lines of `pixels`.
    func panels(blocks: Int, pixels: Int) -> [Panel] {
        let kernels = [gemm1, gemm2, gemm3, gemm4]
        func panels(main: GEMMKernel) -> [Panel] {
            stride(from: 0, to: blocks, by: main.blocks).map { first in
                let rest = blocks - first
                let kernel = rest >= main.blocks ? main : kernels.first { $0.blocks == rest } ?? main
                return Panel(kernel: kernel, firstBlock: first)
            }
        }
        let candidates = kernels.map { panels(main: $0) }
        let costs = candidates.map { candidate in candidate.reduce(0) { $0 + $1.kernel.cost(pixels: pixels) } }
        return zip(candidates, costs).min { $0.1 < $1.1 }?.0 ?? []
    }
}

extension GEMMKernel {
    /// Instructions of one step over a line: a multiply-add each block and row, and a share of the loads that feed them.
    fileprivate func cost(pixels: Int) -> Double {
        let (tiles, rest) = pixels.quotientAndRemainder(dividingBy: rows)
        let lastRows = rest == 0 ? 0 : rest > smallRows ? rows : min(smallRows, rest)
        func cost(rows: Int) -> Double { Double(rows * blocks) + 0.1 * Double(rows + blocks) }
        return Double(tiles) * cost(rows: rows) + (lastRows > 0 ? cost(rows: lastRows) : 0)
    }
}
