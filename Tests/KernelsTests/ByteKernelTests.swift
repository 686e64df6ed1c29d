import Engine
import KernelInterface
import Testing

/// Products of bytes against integer arithmetic in scalar code: bit by bit, in every set. So all sets agree with each other.
struct ByteKernelTests {
    struct Case: Sendable {
        var pixels: Int
        var fullTaps = 1
        var tailTaps = 0
        var tailSteps = 0
        var hasResidual = false
        var output = Element.uint8
        var lines = 1
        /// Words from one pixel's input to the next one's; a block where it is nil.
        var stride: Int?
    }

    static func cases(rows: Int) -> [Case] {
        var cases = [1, 3, 4, 5, rows - 1, rows, rows + 1, 2 * rows, 2 * rows + 3].map { Case(pixels: $0) }
        // A picture's.
        cases.append(Case(pixels: 2 * rows + 3, fullTaps: 0, tailTaps: 3, tailSteps: 3, lines: 2, stride: 2))
        cases.append(Case(pixels: rows + 2, fullTaps: 3, tailTaps: 1, tailSteps: 1))
        cases.append(Case(pixels: rows + 2, fullTaps: 9, lines: 3))
        return [Element.uint8, .float32, .uint8Quads].flatMap { output in
            let plain = cases.map { original in
                var other = original
                other.output = output
                return other
            }
            let residual = Case(pixels: rows + 2, fullTaps: 2, hasResidual: true, output: output)
            return output == .uint8Quads ? plain : plain + [residual]
        }
    }

    @Test(arguments: KernelSets.supported)
    func productsAreExact(set: InstructionSet) {
        let table = set.kernels
        for kernel in table.gemmUInt8.all {
            for testCase in Self.cases(rows: kernel.rows) where !kernel.isHalved || testCase.output == .uint8 {
                checkProduct(testCase, kernel, block: table.block)
            }
        }
    }

    private func checkProduct(_ testCase: Case, _ kernel: GEMMKernel, block: Int) {
        var noise = Noise(seed: 31)
        let (blockWords, lanes) = (block / 4, kernel.blocks * block)
        let taps = testCase.fullTaps + testCase.tailTaps
        let steps = testCase.fullTaps * blockWords + testCase.tailTaps * testCase.tailSteps
        let stride = testCase.stride ?? blockWords
        let lineStride = testCase.pixels * stride
        // Quads may read three pixels beyond a line.
        let tapStride = testCase.lines * lineStride + 3 * stride + 5
        let a = noise.bytes(4 * taps * tapStride)
        let b = kernel.twinned(noise.weights(4 * steps * lanes), perLane: 4, block: block)
        let (words, weights) = (Pinned(a.words), Pinned(b.map(UInt8.init(bitPattern:)).words))
        let bias = kernel.twinned(noise.array(lanes).map { Int32($0 * 10_000) }, block: block)
        let biasWords = Pinned(bias.map { Float(bitPattern: UInt32(bitPattern: $0)) })
        let scales = Pinned((0..<lanes).map { _ in (2 + noise.next()) * 0x1p-9 })
        let offsets = Pinned((0..<taps).map { $0 * tapStride })

        let isQuads = testCase.output == .uint8Quads
        let pixelWords = block / testCase.output.perWord
        let linePixels = isQuads ? (testCase.pixels + 3) / 4 * 4 : testCase.pixels
        let cLineStride = linePixels * pixelWords
        let plane = testCase.lines * cLineStride + pixelWords
        let outputs = kernel.blocks * plane * testCase.output.perWord
        let residual = noise.bytes(outputs)
        let addend = Pinned(testCase.output == .float32 ? residual.map(Float.init) : residual.words)
        let c = Pinned([Float](repeating: 0, count: kernel.blocks * plane))
        var mapping = ByteMapping()
        mapping.residualFactor = 0.375
        mapping.zeroWord = Float(bitPattern: 0x0707_0707)

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
                bias: biasWords.constant,
                scales: scales.constant,
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
                activation: .identity,
                mapping: mapping
            )
        )

        let stored = (0..<c.count).map { c[$0] }
        let bytes = stored.bytes
        for lane in 0..<lanes {
            let (blockIndex, channel) = lane.quotientAndRemainder(dividingBy: block)
            for pixel in 0..<testCase.lines * linePixels {
                let (line, column) = pixel.quotientAndRemainder(dividingBy: linePixels)
                let base = (blockIndex * plane + line * cLineStride) * testCase.output.perWord
                if isQuads {
                    let got = bytes[base + column / 4 * 4 * block + channel * 4 + column % 4]
                    guard column < testCase.pixels else {
                        #expect(got == 7, "zeros fill a line's last word: \(testCase)")
                        continue
                    }
                    let sum = sum(testCase, line: line, column: column, lane: lane)
                    #expect(got == (Float(sum) * scales[lane]).storedByte, "\(testCase) blocks \(kernel.blocks)")
                    continue
                }
                let index = base + column * block + channel
                var expected = Float(sum(testCase, line: line, column: column, lane: lane)) * scales[lane]
                if testCase.output == .uint8 {
                    if testCase.hasResidual { expected += Float(residual[index]) * 0.375 }
                    #expect(bytes[index] == expected.storedByte, "\(testCase) blocks \(kernel.blocks)")
                } else {
                    if testCase.hasResidual { expected += Float(residual[index]) }
                    #expect(stored[index] == expected, "\(testCase) blocks \(kernel.blocks)")
                }
            }
        }

        func sum(_ testCase: Case, line: Int, column: Int, lane: Int) -> Int32 {
            guard kernel.hasChannel(lane: lane, block: block) else { return 0 }
            var sum = bias[lane]
            var step = 0
            for tap in 0..<taps {
                for k in 0..<(tap < testCase.fullTaps ? blockWords : testCase.tailSteps) {
                    let input = 4 * (tap * tapStride + line * lineStride + column * stride + k)
                    let weight = 4 * (step * lanes + lane)
                    for part in 0..<4 { sum += Int32(a[input + part]) * Int32(b[weight + part]) }
                    step += 1
                }
            }
            return sum
        }
    }

    static let windows = [(3, 1, 3), (5, 1, 2), (3, 2, 0), (3, 2, 3), (5, 2, 2), (5, 2, 3)].compactMap {
        QuadWindow(size: $0.0, stride: $0.1, offset: $0.2)
    }

    @Test(arguments: KernelSets.supported, windows)
    func depthwiseIsExact(set: InstructionSet, window: QuadWindow) {
        #expect(Self.windows.count == 6)
        for columns in [1, 3, 4, 5, 7, 8, 9, 14] {
            for output in [Element.uint8, .float32] {
                checkDepthwise(window, columns: columns, output: output, set.kernels)
            }
        }
    }

    private func checkDepthwise(_ window: QuadWindow, columns: Int, output: Element, _ table: KernelTable) {
        let (block, rows, size) = (table.block, 2, window.size)
        var noise = Noise(seed: 37)
        let inputRows = (rows - 1) * window.stride + size
        let rowWords = window.inputWords(columns: columns) * block
        let input = noise.bytes(4 * inputRows * rowWords)
        let words = Pinned(input.words)
        let taps = (0..<block).map { _ in noise.weights(size * size) }
        // For each row of the kernel, each output of a group and each word that it reads: a block of words.
        var bytes: [UInt8] = []
        for ky in 0..<size {
            for output in 0..<window.outputs {
                for word in window.words(ofOutput: output) {
                    for channel in 0..<block {
                        for place in 0..<4 {
                            let tap = word * 4 + place - window.offset - output * window.stride
                            let isTap = (0..<size).contains(tap)
                            bytes.append(isTap ? UInt8(bitPattern: taps[channel][ky * size + tap]) : 0)
                        }
                    }
                }
            }
        }
        let weights = Pinned(bytes.words)
        let bias = noise.array(block).map { Int32($0 * 1000) }
        let biasWords = Pinned(bias.map { Float(bitPattern: UInt32(bitPattern: $0)) })
        let scales = Pinned((0..<block).map { _ in (2 + noise.next()) * 0x1p-7 })
        let pixelWords = block / output.perWord
        let rowStride = (columns + 1) * pixelWords
        let untouched = Float(bitPattern: 0x0101_0101)
        let target = Pinned([Float](repeating: untouched, count: rows * rowStride))

        table.quadDepthwise(
            QuadDepthwiseArguments(
                window: window,
                input: words.constant,
                inputRowStride: rowWords,
                weights: weights.constant,
                bias: biasWords.constant,
                scales: scales.constant,
                output: target.pointer,
                outputElement: output,
                outputRowStride: rowStride,
                rows: rows,
                columns: columns,
                activation: .identity
            )
        )

        let stored = (0..<target.count).map { target[$0] }
        for y in 0..<rows {
            for channel in 0..<block {
                for x in 0..<columns {
                    var sum = bias[channel]
                    for ky in 0..<size {
                        for kx in 0..<size {
                            let column = window.offset + x * window.stride + kx
                            let word = (y * window.stride + ky) * rowWords + column / 4 * block + channel
                            sum += Int32(input[4 * word + column % 4]) * Int32(taps[channel][ky * size + kx])
                        }
                    }
                    let expected = Float(sum) * scales[channel]
                    let index = y * rowStride * output.perWord + x * block + channel
                    if output == .uint8 {
                        #expect(stored.bytes[index] == expected.storedByte, "\(window), \(columns) columns")
                    } else {
                        #expect(stored[index] == expected, "\(window), \(columns) columns")
                    }
                }
            }
            let behind = y * rowStride + columns * pixelWords
            #expect(stored[behind..<behind + pixelWords].allSatisfy { $0 == untouched }, "written behind the row")
        }
    }
}

extension Noise {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: Int(next() * 128) + 128) }
    }

    /// −127…127
    mutating func weights(_ count: Int) -> [Int8] {
        (0..<count).map { _ in Int8(next() * 127) }
    }
}

extension [UInt8] {
    /// Four bytes to a word, the first lowest.
    var words: [Float] {
        stride(from: 0, to: count - count % 4, by: 4).map { index in
            Float(bitPattern: (0..<4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(self[index + $1]) })
        }
    }
}

extension [Float] {
    /// The bytes of all words.
    var bytes: [UInt8] { flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word.bitPattern >> (8 * $0)) } } }
}

extension Float {
    /// Rounded to nearest even, and limited.
    var storedByte: UInt8 { UInt8(Swift.min(Swift.max(self, 0), 255).rounded(.toNearestOrEven)) }
}
