import Engine
import KernelInterface
import Testing

/// Every GEMM tile of every set against sums in double precision.
struct GEMMKernelTests {
    struct Case: Sendable {
        var pixels: Int
        var fullTaps = 1
        var tailTaps = 0
        var tailSteps = 0
        var strideFactor = 1
        var hasResidual = false
        var activation = Activation.identity
    }

    /// Around each tile's height, with each kind of tap, stride and ending.
    static func cases(rows: Int) -> [Case] {
        let counts = [1, 2, 3, 4, 5, rows - 1, rows, rows + 1, 2 * rows, 2 * rows + 3]
        var cases = counts.filter { $0 > 0 }.map { Case(pixels: $0) }
        cases.append(Case(pixels: rows + 2, fullTaps: 3))
        cases.append(Case(pixels: rows + 2, fullTaps: 2, tailTaps: 1, tailSteps: 1))
        cases.append(Case(pixels: rows, fullTaps: 0, tailTaps: 3, tailSteps: 9))
        cases.append(Case(pixels: rows + 1, strideFactor: 2))
        cases.append(Case(pixels: rows + 1, fullTaps: 0, tailTaps: 3, tailSteps: 9, strideFactor: 0))
        for activation in [Activation.relu, .relu6, .swish, .sigmoid] {
            cases.append(Case(pixels: rows + 1, activation: activation))
        }
        cases.append(Case(pixels: rows + 1, hasResidual: true))
        cases.append(Case(pixels: rows * 2, fullTaps: 2, hasResidual: true, activation: .relu))
        return cases
    }

    @Test(arguments: KernelSets.supported)
    func matchesReference(set: InstructionSet) {
        let table = set.kernels
        for kernel in table.gemm.all {
            for testCase in GEMMKernelTests.cases(rows: kernel.rows) {
                check(testCase, kernel, block: table.block)
                check(testCase, kernel, block: table.block, asksAhead: true)
            }
        }
    }

    private func check(_ testCase: Case, _ kernel: GEMMKernel, block: Int, asksAhead: Bool = false) {
        var noise = Noise(seed: 7)
        let taps = testCase.fullTaps + testCase.tailTaps
        let steps = testCase.fullTaps * block + testCase.tailTaps * testCase.tailSteps
        let lanes = kernel.blocks * block
        // A factor of 0 stands for the network's input: three floats a pixel, every second pixel.
        let aStride = testCase.strideFactor == 0 ? 6 : testCase.strideFactor * block
        let tapStride = testCase.pixels * aStride + 37
        let a = Pinned(noise.array(taps * tapStride + 64))
        let b = Pinned(kernel.twinned(noise.array(steps * lanes), block: block))
        let bias = Pinned(kernel.twinned(noise.array(lanes), block: block))
        let plane = (testCase.pixels + 2) * block
        let residual = Pinned(noise.array(kernel.blocks * plane))
        let untouched = Float(12_345)
        let c = Pinned([Float](repeating: untouched, count: kernel.blocks * plane))
        let offsets = Pinned((0..<taps).map { $0 * tapStride })

        kernel.run(
            GEMMArguments(
                a: a.constant,
                aStride: aStride,
                readsAhead: asksAhead,
                next: asksAhead ? b.constant : nil,
                tapOffsets: offsets.constant,
                fullTaps: testCase.fullTaps,
                tailTaps: testCase.tailTaps,
                tailSteps: testCase.tailSteps,
                b: b.constant,
                bStride: kernel.blocks * block,
                bias: bias.constant,
                c: c.pointer + block,
                cStride: block,
                cBlockStride: plane,
                residual: testCase.hasResidual ? residual.constant : nil,
                residualBlockStride: plane,
                pixels: testCase.pixels,
                activation: testCase.activation
            )
        )

        for lane in 0..<lanes {
            let (blockIndex, channel) = lane.quotientAndRemainder(dividingBy: block)
            for pixel in 0..<testCase.pixels {
                var sum = Double(bias[lane])
                var step = 0
                for tap in 0..<taps {
                    for k in 0..<(tap < testCase.fullTaps ? block : testCase.tailSteps) {
                        sum += Double(a[tap * tapStride + pixel * aStride + k]) * Double(b[step * lanes + lane])
                        step += 1
                    }
                }
                if !kernel.hasChannel(lane: lane, block: block) { sum = 0 }
                if testCase.hasResidual { sum += Double(residual[blockIndex * plane + pixel * block + channel]) }
                let expected = testCase.activation.reference(sum)
                let got = Double(c[blockIndex * plane + (pixel + 1) * block + channel])
                #expect(abs(got - expected) < 2e-6 * Double(steps + 1), "\(testCase) blocks \(kernel.blocks)")
            }
            #expect(c[blockIndex * plane + channel] == untouched, "written before the run: \(testCase)")
            let behind = blockIndex * plane + (testCase.pixels + 1) * block + channel
            #expect(c[behind] == untouched, "written behind the run: \(testCase)")
        }
    }

    /// A pixel gets the same bits whatever the run that it is part of.
    @Test(arguments: KernelSets.supported)
    func bitsDoNotDependOnTheRun(set: InstructionSet) {
        let table = set.kernels
        for kernel in table.gemm.all {
            let (block, lanes, pixels) = (table.block, kernel.blocks * table.block, 2 * kernel.rows + 3)
            var noise = Noise(seed: 3)
            let a = Pinned(noise.array(2 * pixels * block))
            let b = Pinned(kernel.twinned(noise.array(2 * block * lanes), block: block))
            let bias = Pinned(kernel.twinned(noise.array(lanes), block: block))
            let offsets = Pinned([0, pixels * block])
            func run(_ range: Range<Int>) -> [Float] {
                let c = Pinned([Float](repeating: 0, count: kernel.blocks * pixels * block))
                kernel.run(
                    GEMMArguments(
                        a: a.constant + range.lowerBound * block,
                        aStride: block,
                        tapOffsets: offsets.constant,
                        fullTaps: 2,
                        tailTaps: 0,
                        tailSteps: 0,
                        b: b.constant,
                        bStride: kernel.blocks * block,
                        bias: bias.constant,
                        c: c.pointer + range.lowerBound * block,
                        cStride: block,
                        cBlockStride: pixels * block,
                        pixels: range.count,
                        activation: .swish
                    )
                )
                return (0..<c.count).map { c[$0] }
            }
            let whole = run(0..<pixels)
            for pixel in 0..<pixels {
                let single = run(pixel..<pixel + 1)
                for blockIndex in 0..<kernel.blocks {
                    let start = (blockIndex * pixels + pixel) * block
                    #expect(whole[start..<start + block].elementsEqual(single[start..<start + block]))
                }
            }
        }
    }

    /// Lines whose inputs follow each other may share tiles; outputs stay where and what they were.
    @Test(arguments: KernelSets.supported)
    func linesMayShareTiles(set: InstructionSet) {
        let table = set.kernels
        for kernel in table.gemm.all {
            for pixels in [kernel.rows - 1, kernel.rows, kernel.rows + 1, 2 * kernel.rows + 3] where pixels > 0 {
                checkLines(of: pixels, kernel, block: table.block)
            }
        }
    }

    private func checkLines(of pixels: Int, _ kernel: GEMMKernel, block: Int) {
        let (lines, gap, lanes) = (5, 2 * block, kernel.blocks * block)
        var noise = Noise(seed: 13)
        let a = Pinned(noise.array(lines * pixels * block))
        let b = Pinned(kernel.twinned(noise.array(block * lanes), block: block))
        let bias = Pinned(kernel.twinned(noise.array(lanes), block: block))
        let offsets = Pinned([0])
        let lineStride = pixels * block + gap
        let plane = lines * lineStride
        let residual = Pinned(noise.array(kernel.blocks * plane))
        /// - Parameter sizes: how many lines each call computes.
        func run(_ sizes: [Int]) -> [Float] {
            let c = Pinned([Float](repeating: 12_345, count: kernel.blocks * plane))
            var line = 0
            for size in sizes {
                kernel.run(
                    GEMMArguments(
                        a: a.constant + line * pixels * block,
                        aStride: block,
                        aLineStride: pixels * block,
                        tapOffsets: offsets.constant,
                        fullTaps: 1,
                        tailTaps: 0,
                        tailSteps: 0,
                        b: b.constant,
                        bStride: kernel.blocks * block,
                        bias: bias.constant,
                        c: c.pointer + line * lineStride,
                        cStride: block,
                        cLineStride: lineStride,
                        cBlockStride: plane,
                        residual: residual.constant + line * lineStride,
                        residualLineStride: lineStride,
                        residualBlockStride: plane,
                        lines: size,
                        pixels: pixels,
                        activation: .swish
                    )
                )
                line += size
            }
            return (0..<c.count).map { c[$0] }
        }
        #expect(run([lines]) == run(Array(repeating: 1, count: lines)), "\(pixels) pixels, \(kernel.blocks) blocks")
    }
}
