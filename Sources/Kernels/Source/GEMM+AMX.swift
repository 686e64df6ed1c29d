#if KERNELS_BF16
    internal import CIntrinsics
    internal import KernelInterface

    // Products of matrices, in the layouts that all kernels share: a register of inputs is a group of pixels with one tap's
    // words, a register of weights one block of output channels with the same words. Four registers hold sums. They go
    // through memory, which the first-level cache holds, to where outputs are written.

    /// The kernels for bf16 where the CPU multiplies matrices.
    func matrixKernels() -> GEMMKernels {
        GEMMKernels(
            one: matrixKernel(GEMMTile<4, 1>.self, groups: 4),
            two: matrixKernel(GEMMTile<4, 2>.self, groups: 2),
            four: matrixKernel(GEMMTile<4, 4>.self, groups: 2)
        )
    }

    private func matrixKernel<let blocks: Int>(_ tile: GEMMTile<4, blocks>.Type, groups: Int) -> GEMMKernel {
        GEMMKernel(matrixGroups: groups, blocks: blocks) { arguments in
            // As wide taps only pictures of many channels have.
            guard arguments.tailSteps <= width else {
                return runBlockwise(BFloat16Format.self, blocks: blocks, arguments)
            }
            switch arguments.output {
            case .float32: runMatrices(Float32Format.self, tile, arguments)
            case .bfloat16: runMatrices(BFloat16Format.self, tile, arguments)
            case .uint8: runMatrices(UInt8Format.self, tile, arguments)
            // Seldom: depthwise convolutions of bytes mostly read what was made from bytes.
            case .uint8Quads: runBlockwise(BFloat16Format.self, blocks: blocks, arguments)
            }
        }
    }

    /// All lines of a call.
    private func runMatrices<Output: Format, let blocks: Int>(
        _: Output.Type,
        _ tile: GEMMTile<4, blocks>.Type,
        _ arguments: borrowing GEMMArguments
    ) {
        let arguments = copy arguments
        let (pixels, words) = (arguments.pixels, BFloat16Format.words)
        let isPacked = arguments.cStride == Output.words
        // Lines whose inputs follow each other without a gap are one run: few of them fill a group.
        let isContinuous = arguments.aStride == words && arguments.aLineStride == pixels * words
        let crosses = isContinuous && isPacked && pixels >= 4 && pixels % PixelGroups.mostPixels > 0
        let groups =
            crosses
            ? PixelGroups(pixels: arguments.lines * pixels, lines: 1)
            : PixelGroups(pixels: pixels, lines: arguments.lines)
        let lineSpan = pixels * arguments.cStride
        let line = Run(
            a: arguments.a,
            c: arguments.c,
            residual: arguments.residual,
            pixels: crosses ? arguments.lines * pixels : pixels,
            linePixels: pixels,
            cGap: arguments.cLineStride - lineSpan,
            residualGap: arguments.residualLineStride - lineSpan
        )
        let most = blocks == 1 ? 4 : 2
        let groupWords = groups.pixels * blocks * width
        let taps = MatrixTaps(arguments, blocks: blocks)
        effnet_amx_begin(Int32(truncatingIfNeeded: groups.pixels), Int32(truncatingIfNeeded: taps.words))
        var memory = SumsMemory { _ in broadcast(0) }
        withUnsafeMutablePointer(to: &memory) { memory in
            let sums = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Float.self)
            var start = PixelGroups.Position(line: 0, pixel: 0)
            for index in stride(from: 0, to: groups.count, by: most) {
                let count = Swift.min(most, groups.count - index)
                var starts: InlineArray<4, PixelGroups.Position> = [start, start, start, start]
                for group in 0..<count {
                    starts[group] = start
                    start = groups.next(after: start)
                }
                let inputs = InlineArray<4, UnsafePointer<Float>> {
                    arguments.a + starts[$0].line * arguments.aLineStride + starts[$0].pixel * arguments.aStride
                }
                multiply(tile, arguments, taps, inputs, count: count, into: sums, groupWords: groupWords)
                for group in 0..<count {
                    var run = line
                    run.c += starts[group].line * arguments.cLineStride
                    if let residual = run.residual {
                        run.residual = residual + starts[group].line * arguments.residualLineStride
                    }
                    finish(
                        Output.self,
                        tile,
                        arguments,
                        run,
                        pixel: starts[group].pixel,
                        count: groups.pixels,
                        sums: sums + group * groupWords,
                        isPacked: isPacked,
                        mayCross: crosses
                    )
                }
            }
        }
        effnet_amx_end()
    }

    /// Sums of two groups of pixels with four blocks of output channels, or of as many others.
    private typealias SumsMemory = InlineArray<128, Vector>

    /// Stores the results of a group of pixels from its sums in memory, `[pixel][block][channel]`, by tiles of four pixels.
    @inline(__always)
    private func finish<Output: Format, let blocks: Int>(
        _: Output.Type,
        _: GEMMTile<4, blocks>.Type,
        _ arguments: GEMMArguments,
        _ run: Run,
        pixel first: Int,
        count: Int,
        sums: UnsafePointer<Float>,
        isPacked: Bool,
        mayCross: Bool
    ) {
        guard isPacked, count >= 4 else {
            for pixel in 0..<count {
                let tile: GEMMTile<1, blocks> = tile(of: sums, pixel: pixel)
                let position = Position(first + pixel, in: run)
                finish(
                    BFloat16Format.self,
                    Output.self,
                    tile,
                    arguments,
                    run,
                    at: position,
                    isPacked: false,
                    mayCross: false
                )
            }
            return
        }
        for four in 0..<(count + 3) / 4 {
            // The last four end with the group, and may write pixels again.
            let pixel = Swift.min(4 * four, count - 4)
            let tile: GEMMTile<4, blocks> = tile(of: sums, pixel: pixel)
            let position = Position(first + pixel, in: run)
            finish(
                BFloat16Format.self,
                Output.self,
                tile,
                arguments,
                run,
                at: position,
                isPacked: true,
                mayCross: mayCross
            )
        }
    }

    /// Some pixels of a group, from its sums in memory.
    @inline(__always)
    private func tile<let rows: Int, let blocks: Int>(
        of sums: UnsafePointer<Float>,
        pixel: Int
    ) -> GEMMTile<rows, blocks> {
        let first = sums + pixel * blocks * width
        return GEMMTile<rows, blocks> { r in InlineArray<blocks, Vector> { load(first + (r * blocks + $0) * width) } }
    }

    /// What the sums run over, one product of matrices after the other.
    private struct MatrixTaps {
        let count: Int
        /// Words of each.
        let words: Int
        let offsets: UnsafePointer<Int>
        /// Words from one tap's weights to the next one's.
        let weightStride: Int

        @inline(__always)
        init(_ arguments: GEMMArguments, blocks: Int) {
            count = arguments.fullTaps + arguments.tailTaps
            words = arguments.fullTaps > 0 ? BFloat16Format.words : arguments.tailSteps
            offsets = arguments.tapOffsets
            weightStride = words * blocks * width
        }
    }

    /// All products of some groups of pixels; stores their sums one group after the other.
    ///
    /// - Parameters:
    ///   - inputs: each group's first.
    ///   - count: of groups.
    private func multiply<let blocks: Int>(
        _: GEMMTile<4, blocks>.Type,
        _ arguments: GEMMArguments,
        _ taps: MatrixTaps,
        _ inputs: InlineArray<4, UnsafePointer<Float>>,
        count: Int,
        into sums: UnsafeMutablePointer<Float>,
        groupWords: Int
    ) {
        let (aStride, lanes) = (arguments.aStride, blocks * width)
        guard blocks > 1 else {
            effnet_amx_load_0(arguments.bias, 0)
            effnet_amx_load_1(arguments.bias, 0)
            effnet_amx_load_2(arguments.bias, 0)
            effnet_amx_load_3(arguments.bias, 0)
            var b = arguments.b
            for tap in 0..<taps.count {
                let offset = taps.offsets[tap]
                effnet_amx_load_6(b, lanes)
                effnet_amx_load_4(inputs[0] + offset, aStride)
                effnet_amx_multiply_0_4_6()
                if count > 1 {
                    effnet_amx_load_5(inputs[1] + offset, aStride)
                    effnet_amx_multiply_1_5_6()
                }
                if count > 2 {
                    effnet_amx_load_4(inputs[2] + offset, aStride)
                    effnet_amx_multiply_2_4_6()
                }
                if count > 3 {
                    effnet_amx_load_5(inputs[3] + offset, aStride)
                    effnet_amx_multiply_3_5_6()
                }
                b += taps.weightStride
            }
            effnet_amx_store_0(sums, lanes)
            if count > 1 { effnet_amx_store_1(sums + groupWords, lanes) }
            if count > 2 { effnet_amx_store_2(sums + 2 * groupWords, lanes) }
            if count > 3 { effnet_amx_store_3(sums + 3 * groupWords, lanes) }
            return
        }
        for lane in stride(from: 0, to: lanes, by: 2 * width) {
            effnet_amx_load_0(arguments.bias + lane, 0)
            effnet_amx_load_1(arguments.bias + lane + width, 0)
            effnet_amx_load_2(arguments.bias + lane, 0)
            effnet_amx_load_3(arguments.bias + lane + width, 0)
            var b = arguments.b + lane
            for tap in 0..<taps.count {
                let offset = taps.offsets[tap]
                effnet_amx_load_4(inputs[0] + offset, aStride)
                effnet_amx_load_6(b, lanes)
                effnet_amx_multiply_0_4_6()
                effnet_amx_load_7(b + width, lanes)
                effnet_amx_multiply_1_4_7()
                if count > 1 {
                    effnet_amx_load_5(inputs[1] + offset, aStride)
                    effnet_amx_multiply_2_5_6()
                    effnet_amx_multiply_3_5_7()
                }
                b += taps.weightStride
            }
            let target = sums + lane
            effnet_amx_store_0(target, lanes)
            effnet_amx_store_1(target + width, lanes)
            if count > 1 {
                effnet_amx_store_2(target + groupWords, lanes)
                effnet_amx_store_3(target + groupWords + width, lanes)
            }
        }
    }

    /// Four chains of products of matrices for bf16: see `peak`.
    func matrixPeak(_ arguments: borrowing PeakArguments) -> Int {
        guard case .bfloat16 = arguments.element else { return peak(arguments) }
        let (rows, words) = (PixelGroups.mostPixels, width)
        effnet_amx_begin(Int32(truncatingIfNeeded: rows), Int32(truncatingIfNeeded: words))
        effnet_amx_load_4(arguments.values, 0)
        effnet_amx_load_5(arguments.values, 0)
        effnet_amx_load_6(arguments.values + width, 0)
        effnet_amx_load_7(arguments.values + width, 0)
        for _ in 0..<arguments.rounds {
            effnet_amx_multiply_0_4_6()
            effnet_amx_multiply_1_4_7()
            effnet_amx_multiply_2_5_6()
            effnet_amx_multiply_3_5_7()
        }
        effnet_amx_store_0(arguments.values, 0)
        effnet_amx_end()
        return arguments.rounds * 4 * rows * words * width
    }
#endif
