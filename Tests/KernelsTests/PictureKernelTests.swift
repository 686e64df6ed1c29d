import Engine
import KernelInterface
import Testing

@Suite struct PictureKernelTests {
    // MARK: Samples

    @Test(arguments: KernelSets.supported, [1, 3, 5])
    func normalizesSamples(set: InstructionSet, channels: Int) {
        for row in rows(set, channels: channels, element: .float32, wordsPerPixel: channels) {
            for index in 0..<row.count * channels {
                #expect(abs(row.output[index] - row.number(index)) < 1e-6)
            }
        }
    }

    /// The fourth number of a pixel is zero.
    @Test(arguments: KernelSets.supported)
    func roundsSamplesToBFloat16(set: InstructionSet) {
        for row in rows(set, channels: 3, element: .bfloat16, wordsPerPixel: 2) {
            let numbers = row.output.bfloat16s
            for pixel in 0..<row.count {
                for channel in 0..<3 {
                    let number = row.number(pixel * 3 + channel)
                    #expect(abs(numbers[pixel * 4 + channel] - number) <= abs(number) / 256 + 1e-6)
                }
                #expect(numbers[pixel * 4 + 3] == 0)
            }
        }
    }

    @Test(arguments: KernelSets.supported, [1, 3, 4])
    func leavesSamplesAsTheyAre(set: InstructionSet, channels: Int) {
        for row in rows(set, channels: channels, element: .uint8, wordsPerPixel: 1) {
            for pixel in 0..<row.count {
                let samples = (0..<channels).map { row.samples[pixel * channels + $0] }
                #expect([row.output[pixel]].bytes == samples + [UInt8](repeating: 0, count: 4 - channels))
            }
        }
    }

    /// A row of samples as a kernel stores it.
    private struct Row {
        let channels: Int
        let count: Int
        let samples: [UInt8]
        let output: Pinned<Float>

        /// What a sample stands for.
        func number(_ index: Int) -> Float {
            Float(samples[index]) * Row.scale(index % channels) + Row.offset(index % channels)
        }

        static func scale(_ channel: Int) -> Float { Float(channel + 1) / 255 }
        static func offset(_ channel: Int) -> Float { Float(channel) - 0.5 }
    }

    /// Rows of many lengths. Nothing is read or written behind them.
    private func rows(_ set: InstructionSet, channels: Int, element: Element, wordsPerPixel: Int) -> [Row] {
        let stored = element == .bfloat16 ? 4 : channels
        let period = stored * set.kernels.block
        let scales = Pinned((0..<period).map { $0 % stored < channels ? Row.scale($0 % stored) : 0 })
        let offsets = Pinned((0..<period).map { $0 % stored < channels ? Row.offset($0 % stored) : 0 })
        return [1, 2, 3, 5, 15, 16, 17, 31, 47, 48, 224].map { count in
            let values = (0..<count * channels).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
            let samples = Pinned(values)
            let output = Pinned([Float](repeating: 99, count: count * wordsPerPixel + 1))
            set.kernels.pictureSamples(
                PictureSampleArguments(
                    samples: samples.constant,
                    channels: channels,
                    element: element,
                    output: output.pointer,
                    count: count,
                    scales: scales.constant,
                    offsets: offsets.constant,
                    period: period
                )
            )
            #expect(output[count * wordsPerPixel] == 99, "written behind the row")
            return Row(channels: channels, count: count, samples: values, output: output)
        }
    }

    // MARK: Planes

    /// Numbers become the nearest bytes, to even at half the way, and nothing is written behind the row.
    @Test(arguments: KernelSets.supported, [1, 3, 4])
    func quantizesPlanes(set: InstructionSet, channels: Int) {
        let factors: SIMD4<Float> = [64, 8, 100, 1]
        let offsets: SIMD4<Float> = [128, 0, 0.5, 3]
        for count in planeCounts {
            let planes = planes(count)
            let output = Pinned([Float](repeating: 99, count: count + 1))
            set.kernels.picturePlanes(
                PicturePlaneArguments(
                    planes: planes.constant,
                    planeStride: count,
                    channels: channels,
                    element: .uint8,
                    factors: factors,
                    offsets: offsets,
                    output: output.pointer,
                    count: count
                )
            )
            for pixel in 0..<count {
                let bytes = [output[pixel]].bytes
                for channel in 0..<4 {
                    let number = planes[channel * count + pixel] * factors[channel] + offsets[channel]
                    #expect(bytes[channel] == (channel < channels ? number.storedByte : 0))
                }
            }
            #expect(output[count] == 99, "written behind the row")
        }
    }

    @Test(arguments: KernelSets.supported, [1, 3, 4])
    func interleavesPlanes(set: InstructionSet, channels: Int) {
        for count in planeCounts {
            let planes = planes(count)
            let output = Pinned([Float](repeating: 99, count: count * channels + 1))
            set.kernels.picturePlanes(
                PicturePlaneArguments(
                    planes: planes.constant,
                    planeStride: count,
                    channels: channels,
                    element: .float32,
                    output: output.pointer,
                    count: count
                )
            )
            for index in 0..<count * channels {
                #expect(output[index] == planes[index % channels * count + index / channels])
            }
            #expect(output[count * channels] == 99, "written behind the row")
        }
    }

    @Test(arguments: KernelSets.supported)
    func roundsPlanesToBFloat16(set: InstructionSet) {
        for count in planeCounts {
            let planes = planes(count)
            let output = Pinned([Float](repeating: 99, count: count * 2 + 1))
            set.kernels.picturePlanes(
                PicturePlaneArguments(
                    planes: planes.constant,
                    planeStride: count,
                    channels: 3,
                    element: .bfloat16,
                    output: output.pointer,
                    count: count
                )
            )
            let numbers = output.bfloat16s
            for pixel in 0..<count {
                for channel in 0..<3 {
                    #expect(numbers[pixel * 4 + channel] == planes[channel * count + pixel].roundedToBFloat16)
                }
                #expect(numbers[pixel * 4 + 3] == 0)
            }
            #expect(output[count * 2] == 99, "written behind the row")
        }
    }

    private let planeCounts = [1, 3, 15, 16, 17, 32, 41]

    /// Four planes, from below 0 to beyond 255 where they are scaled, by eighths and halves of a step.
    private func planes(_ count: Int) -> Pinned<Float> {
        Pinned((0..<4 * count).map { Float($0 % count) * 4 / Float(count) - 2 + Float($0) / 128 })
    }
}
