internal import KernelInterface

/// A GEMM kernel and the output channels it computes.
struct Panel: Sendable {
    var kernel: GEMMKernel
    /// The first block of output channels.
    var firstBlock: Int
}

/// The lines that a GEMM runs over.
struct LineShape {
    /// Of each line.
    var pixels: Int
    /// How tiles cover them.
    var cover: Cover

    enum Cover {
        /// Tiles cross from one line to the next, of so many: no gap lies between their inputs.
        case across(lines: Int)
        case lineByLine
        /// Words of four pixels are written.
        case quads
    }
}

extension KernelTable {
    /// The GEMM kernels for inputs of a format.
    func gemms(for input: Element) -> [GEMMKernel] {
        switch input {
        case .float32: gemm.all
        case .bfloat16: gemmBFloat16.all
        case .uint8, .uint8Quads: gemmUInt8.all
        }
    }

    /// Covers output channels with panels, choosing the tiles that cost least.
    ///
    /// - Parameters:
    ///   - input: the format of inputs and weights.
    ///   - output: the format of what is written.
    ///   - line: what the kernels will run over.
    ///   - steps: of each sum.
    ///   - threads: that share the panels.
    func panels(
        channels: Int,
        input: Element,
        output: Element,
        line: LineShape,
        steps: Int,
        threads: Int
    ) -> [Panel] {
        let blocks = (channels + block - 1) / block
        let kernels = gemms(for: input)
        let whole = kernels.filter { !$0.isHalved }
        func panels(main: GEMMKernel, before end: Int) -> [Panel] {
            var panels: [Panel] = []
            var first = 0
            // What is left is for the widest kernel that it fills.
            while first < end, let kernel = whole.last(where: { $0.blocks <= min(main.blocks, end - first) }) {
                panels.append(Panel(kernel: kernel, firstBlock: first))
                first += kernel.blocks
            }
            return panels
        }
        let isHalfEmpty = blocks * block - channels >= block / 2
        let halved = kernels.filter { $0.isHalved && $0.blocks <= blocks && isHalfEmpty && output == input }
        let candidates = whole.flatMap { main in
            [panels(main: main, before: blocks)]
                + halved.map { last in
                    let first = blocks - last.blocks
                    return panels(main: main, before: first) + [Panel(kernel: last, firstBlock: first)]
                }
        }
        let costs = candidates.map { candidate in
            // Some threads wait for those that have a panel more.
            let turns = (candidate.count + threads - 1) / threads
            let waiting = Double(turns * threads) / Double(max(candidate.count, 1))
            return candidate.reduce(0) { $0 + $1.kernel.cost(line, steps: steps) } * waiting
        }
        return zip(candidates, costs).min { $0.1 < $1.1 }?.0 ?? []
    }
}

extension GEMMKernel {
    /// The cost of a line in multiply-adds of a vector. Constants are fitted to measurements.
    fileprivate func cost(_ line: LineShape, steps: Int) -> Double {
        if isMatrix { return costOfMatrices(line, steps: steps) }
        switch line.cover {
        case .quads: return costOfQuads(pixels: line.pixels, steps: steps)
        // Tiles cross where a line is longer than they are.
        case .across(let lines) where line.pixels > rows:
            return cost(pixels: line.pixels * lines, steps: steps) / Double(lines)
        case .across, .lineByLine: return cost(pixels: line.pixels, steps: steps)
        }
    }

    /// In processor cycles: products of matrices are compared only with each other.
    private func costOfMatrices(_ line: LineShape, steps: Int) -> Double {
        let lines = if case .across(let lines) = line.cover { lines } else { 1 }
        let groups = PixelGroups(pixels: line.pixels * lines, lines: 1)
        let atOnce = min(groups.count, groupsAtOnce)
        let product = 8 + 0.5 * Double(groups.pixels)
        /// From a product to the next one that adds to the same sums.
        let latency = 52.0
        let turn = Double(steps) / 8 * max(Double(min(blocks, 2) * atOnce) * product, latency)
        let turns = Double((groups.count + atOnce - 1) / atOnce * ((blocks + 1) / 2))
        /// To set up the registers' shapes.
        let call = 400.0
        return turns * turn + call
    }

    private func cost(pixels: Int, steps: Int) -> Double {
        let (tiles, rest) = pixels.quotientAndRemainder(dividingBy: rows)
        let lastRows = rest == 0 ? 0 : rest > smallRows ? rows : min(smallRows, rest)
        let last = lastRows > 0 ? cost(rows: lastRows, steps: steps) : 0
        return Double(tiles) * cost(rows: rows, steps: steps) + last
    }

    private func costOfQuads(pixels: Int, steps: Int) -> Double {
        guard let quads else { return .infinity }
        let (tiles, rest) = pixels.quotientAndRemainder(dividingBy: quads.main)
        let main = Double(tiles) * cost(rows: quads.main, steps: steps)
        guard rest > quads.main - 4 else { return main + Double((rest + 3) / 4) * cost(rows: 4, steps: steps) }
        let end = rest <= quads.short ? quads.short : rest <= quads.long ? quads.long : quads.main
        return main + cost(rows: end, steps: steps)
    }

    private func cost(rows: Int, steps: Int) -> Double {
        let products = rows * blocks - (isHalved ? rows / 2 : 0)
        // A tile that takes all registers leaves none to hold an input for all blocks, or to begin the next tile with.
        let isFull = products >= 28
        let loads = (isFull ? products : rows) + blocks
        /// Sums that must be on their way for none to be waited for.
        let latency = 8
        let step = Double(max(products, loads, latency)) + 0.3 * Double(loads)
        return Double(steps) * step + (isFull ? 50 : 20)
    }
}
