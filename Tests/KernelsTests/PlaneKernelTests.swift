import Engine
import KernelInterface
import Testing

struct PlaneKernelTests {
    @Test(arguments: KernelSets.supported)
    func averagesAndScales(set: InstructionSet) {
        let table = set.kernels
        let block = table.block
        for (rows, columns) in [(1, 1), (7, 7), (3, 10), (14, 9)] {
            var noise = Noise(seed: 5)
            let rowStride = (columns + 2) * block
            let before = noise.array(rows * rowStride)
            let plane = Pinned(before)
            let channels = Pinned([Float](repeating: 0, count: block))
            let arguments = PlaneArguments(
                plane: plane.pointer,
                rowStride: rowStride,
                rows: rows,
                columns: columns,
                channels: channels.pointer
            )

            table.average(arguments)
            for channel in 0..<block {
                var sum = 0.0
                for y in 0..<rows {
                    for x in 0..<columns { sum += Double(before[y * rowStride + x * block + channel]) }
                }
                #expect(abs(Double(channels[channel]) - sum / Double(rows * columns)) < 1e-6)
            }

            table.scale(arguments)
            for index in before.indices {
                let isInside = index % rowStride < columns * block
                #expect(plane[index] == (isInside ? before[index] * channels[index % block] : before[index]))
            }
        }
    }

    /// The exponential behind swish and sigmoid, over the whole range of Float.
    @Test(arguments: KernelSets.supported)
    func sigmoidIsAccurate(set: InstructionSet) {
        let table = set.kernels
        let block = table.block
        let bias = Pinned([Float](repeating: 0, count: block))
        let identity = Pinned([Float](repeating: 1, count: block))
        let offset = Pinned([0])
        for x in stride(from: Float(-100), through: 100, by: 0.37) {
            let input = Pinned([Float](repeating: x, count: block))
            let output = Pinned([Float](repeating: 0, count: block))
            table.gemm.one.run(
                GEMMArguments(
                    a: input.constant,
                    aStride: block,
                    tapOffsets: offset.constant,
                    fullTaps: 0,
                    tailTaps: 1,
                    tailSteps: 1,
                    b: identity.constant,
                    bStride: block,
                    bias: bias.constant,
                    c: output.pointer,
                    cStride: block,
                    cBlockStride: 0,
                    pixels: 1,
                    activation: .sigmoid
                )
            )
            let expected = 1 / (1 + exponential(-Double(x)))
            #expect(
                abs(Double(output[0]) - expected) <= (abs(x) <= 20 ? 2e-6 : 5e-6) * expected + 2e-37,
                "sigmoid(\(x))"
            )
        }
    }
}
