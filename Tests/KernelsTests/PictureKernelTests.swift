import Engine
import KernelInterface
import Testing

@Suite struct PictureKernelTests {
    /// Numbers become the nearest bytes, to even at half the way, and nothing is written behind the row.
    @Test(arguments: KernelSets.supported, [1, 3, 4])
    func quantizes(set: InstructionSet, channels: Int) {
        let factors: SIMD4<Float> = [64, 8, 100, 1]
        let offsets: SIMD4<Float> = [128, 0, 0.5, 3]
        for count in [1, 3, 15, 16, 17, 32, 41] {
            // From below 0 to beyond 255, by eighths and halves of a step.
            let planes = Pinned((0..<4 * count).map { Float($0 % count) * 4 / Float(count) - 2 + Float($0) / 128 })
            let output = Pinned([Float](repeating: 99, count: count + 1))
            set.kernels.quantizePicture(
                PictureArguments(
                    planes: planes.constant,
                    planeStride: count,
                    channels: channels,
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
}
