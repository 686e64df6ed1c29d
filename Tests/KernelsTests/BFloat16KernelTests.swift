import Engine
import KernelInterface
import Testing

/// Kernels that read or write bf16 numbers, against scalar code that rounds where they do: bit by bit, in every set.
struct BFloat16KernelTests {
    struct Case: Sendable {
        var pixels: Int
        var fullTaps = 1
        var tailTaps = 0
        var tailSteps = 0
        var hasResidual = false
        var output = Element.float32
        /// Words from one pixel's input to the next one's; a block where it is nil.
        var stride: Int?
        /// Lines, whose inputs follow each other and whose outputs have gaps between them.
        var lines = 1
    }

    static func cases(rows: Int) -> [Case] {
        var cases = [1, 3, 4, rows, rows + 1, 2 * rows + 3].map { Case(pixels: $0) }
        cases.append(Case(pixels: rows + 2, fullTaps: 3, tailTaps: 1, tailSteps: 1))
        cases.append(Case(pixels: rows + 2, fullTaps: 2, hasResidual: true))
        cases += [1, 2, 3, 7, 14, 28, rows + 5].map { Case(pixels: $0, fullTaps: 3, hasResidual: true, lines: 5) }
        // A picture's.
        cases.append(Case(pixels: 2 * rows + 3, fullTaps: 0, tailTaps: 3, tailSteps: 6, stride: 4))
        cases.append(Case(pixels: rows + 3, fullTaps: 0, tailTaps: 2, tailSteps: 18, stride: 6))
        return cases
            + cases.map { original in
                var other = original
                other.output = .bfloat16
                return other
            }
    }

    @Test(arguments: KernelSets.supported)
    func productsAreRoundedAsStated(set: InstructionSet) {
        let table = set.kernels
        for kernel in table.gemmBFloat16.all {
            for testCase in Self.cases(rows: kernel.rows) where !kernel.isHalved || testCase.output == .bfloat16 {
                // Matrices have as many words for each tap.
                if kernel.isMatrix, testCase.fullTaps > 0, testCase.tailTaps > 0 { continue }
                check(testCase, kernel, block: table.block)
            }
        }
    }

    private func check(_ testCase: Case, _ kernel: GEMMKernel, block: Int) {
        var noise = Noise(seed: 21)
        func rounded(_ count: Int) -> [Float] { noise.array(count).map(\.roundedToBFloat16) }
        let (blockWords, lanes) = (block / 2, kernel.blocks * block)
        let taps = testCase.fullTaps + testCase.tailTaps
        let steps = testCase.fullTaps * blockWords + testCase.tailTaps * testCase.tailSteps
        let stride = testCase.stride ?? blockWords
        let lineStride = testCase.pixels * stride
        let tapStride = testCase.lines * lineStride + 5
        let a = rounded(2 * (taps * tapStride + 16))
        let b = kernel.twinned(rounded(2 * steps * lanes), perLane: 2, block: block)
        let (words, weights) = (Pinned(a.packedAsBFloat16), Pinned(b.packedAsBFloat16))
        let bias = Pinned(kernel.twinned(noise.array(lanes), block: block))
        let perWord = testCase.output.perWord
        let pixelWords = block / perWord
        let cLineStride = (testCase.pixels + 1) * pixelWords
        let plane = testCase.lines * cLineStride
        let residual = rounded(perWord * kernel.blocks * plane)
        let addend = Pinned(testCase.output == .bfloat16 ? residual.packedAsBFloat16 : residual)
        let c = Pinned([Float](repeating: 0, count: kernel.blocks * plane))
        let offsets = Pinned((0..<taps).map { $0 * tapStride })

        kernel.run(
            GEMMArguments(
                a: words.constant,
                aStride: stride,
                aLineStride: lineStride,
                tapOffsets: offsets.constant,
                fullTaps: testCase.fullTaps,
                tailTaps: testCase.tailTaps,
                tailSteps: testCase.tailSteps,
                b: weights.constant,
                bStride: lanes,
                bias: bias.constant,
                output: testCase.output,
                c: c.pointer,
                cStride: pixelWords,
                cLineStride: cLineStride,
                cBlockStride: plane,
                residual: testCase.hasResidual ? addend.constant : nil,
                residualLineStride: cLineStride,
                residualBlockStride: plane,
                lines: testCase.lines,
                pixels: testCase.pixels,
                activation: .relu6
            )
        )

        let results = testCase.output == .bfloat16 ? c.bfloat16s : (0..<c.count).map { c[$0] }
        for lane in 0..<lanes {
            let (blockIndex, channel) = lane.quotientAndRemainder(dividingBy: block)
            for pixel in 0..<testCase.lines * testCase.pixels {
                let (line, column) = pixel.quotientAndRemainder(dividingBy: testCase.pixels)
                var (sum, step) = (bias[lane], 0)
                for tap in 0..<taps {
                    var (firsts, seconds) = (Float(0), Float(0))
                    for k in 0..<(tap < testCase.fullTaps ? blockWords : testCase.tailSteps) {
                        let first = 2 * (tap * tapStride + pixel * stride + k)
                        let weight = 2 * (step * lanes + lane)
                        if kernel.isMatrix, testCase.tailSteps <= 16 {
                            firsts = firsts.addingProduct(a[first], b[weight])
                            seconds = seconds.addingProduct(a[first + 1], b[weight + 1])
                        } else {
                            sum = sum.addingProduct(a[first + 1], b[weight + 1])
                            sum = sum.addingProduct(a[first], b[weight])
                        }
                        step += 1
                    }
                    sum += firsts + seconds
                }
                let index = (blockIndex * plane + line * cLineStride) * perWord + column * block + channel
                if !kernel.hasChannel(lane: lane, block: block) { sum = 0 }
                if testCase.hasResidual { sum += residual[index] }
                let clamped = min(max(sum, 0), 6)
                let expected = testCase.output == .bfloat16 ? clamped.roundedToBFloat16 : clamped
                #expect(results[index] == expected, "\(testCase) blocks \(kernel.blocks)")
            }
        }
    }

    /// What is stored in bf16 is the float that would have been stored, rounded; curves may be off by the last bit.
    @Test(arguments: KernelSets.supported, [Activation.identity, .relu6, .swish])
    func depthwiseRoundsItsResults(set: InstructionSet, activation: Activation) {
        let table = set.kernels
        let (block, columns, rows) = (table.block, 15, 2)
        var noise = Noise(seed: 23)
        let input = Pinned(noise.array((rows + 2) * (columns + 2) * block))
        let (weights, bias) = (Pinned(noise.array(9 * block)), Pinned(noise.array(block)))
        func run(_ element: Element) -> Pinned<Float> {
            let rowStride = columns * block / element.perWord
            let output = Pinned([Float](repeating: 0, count: rows * rowStride))
            table.depthwise(
                DepthwiseArguments(
                    input: input.constant,
                    inputRowStride: (columns + 2) * block,
                    weights: weights.constant,
                    bias: bias.constant,
                    output: output.pointer,
                    outputElement: element,
                    outputRowStride: rowStride,
                    rows: rows,
                    columns: columns,
                    kernelHeight: 3,
                    kernelWidth: 3,
                    stride: 1,
                    activation: activation
                )
            )
            return output
        }
        let (exact, rounded) = (run(.float32), run(.bfloat16).bfloat16s)
        for index in 0..<exact.count {
            let expected = exact[index].roundedToBFloat16
            let lastBit: Float = activation.curve == .none ? 0 : expected.magnitude / 128
            #expect(abs(rounded[index] - expected) <= lastBit)
        }
    }

    @Test(arguments: KernelSets.supported)
    func planesAreAveragedAndScaled(set: InstructionSet) {
        let table = set.kernels
        let (block, rows, columns) = (table.block, 3, 5)
        var noise = Noise(seed: 29)
        let values = noise.array(rows * columns * block).map(\.roundedToBFloat16)
        let (floats, words) = (Pinned(values), Pinned(values.packedAsBFloat16))
        let factors = Pinned(noise.array(block))
        func arguments(_ plane: Pinned<Float>, _ element: Element, _ channels: Pinned<Float>) -> PlaneArguments {
            PlaneArguments(
                plane: plane.pointer,
                element: element,
                rowStride: columns * block / element.perWord,
                rows: rows,
                columns: columns,
                channels: channels.pointer
            )
        }
        let (means, wideMeans) = (
            Pinned([Float](repeating: 0, count: block)), Pinned([Float](repeating: 0, count: block))
        )
        table.average(arguments(words, .bfloat16, means))
        table.average(arguments(floats, .float32, wideMeans))
        for channel in 0..<block { #expect(means[channel] == wideMeans[channel]) }

        table.scale(arguments(words, .bfloat16, factors))
        for (index, scaled) in words.bfloat16s.enumerated() {
            #expect(scaled == (values[index] * factors[index % block]).roundedToBFloat16)
        }
    }
}
