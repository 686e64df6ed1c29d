import Engine
import KernelInterface
import Testing

struct DepthwiseKernelTests {
    struct Case: Sendable {
        var height: Int
        var width: Int
        var stride: Int
    }

    static let shapes = [
        Case(height: 3, width: 3, stride: 1), Case(height: 3, width: 3, stride: 2),
        Case(height: 5, width: 5, stride: 1), Case(height: 5, width: 5, stride: 2),
        Case(height: 7, width: 7, stride: 1), Case(height: 3, width: 5, stride: 2),
        Case(height: 1, width: 1, stride: 1), Case(height: 1, width: 1, stride: 2),
        Case(height: 2, width: 3, stride: 3),
    ]

    @Test(arguments: KernelSets.supported, shapes)
    func matchesReference(set: InstructionSet, shape: Case) {
        for columns in [1, 2, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15] {
            for activation in [Activation.identity, .relu6, .swish] {
                check(shape, rows: 3, columns: columns, activation, set.kernels)
            }
        }
    }

    private func check(_ shape: Case, rows: Int, columns: Int, _ activation: Activation, _ table: KernelTable) {
        let block = table.block
        var noise = Noise(seed: 11)
        let inputColumns = (columns - 1) * shape.stride + shape.width
        let inputRows = (rows - 1) * shape.stride + shape.height
        let inputStride = (inputColumns + 1) * block
        let outputStride = (columns + 1) * block
        let input = Pinned(noise.array(inputRows * inputStride))
        let weights = Pinned(noise.array(shape.height * shape.width * block))
        let bias = Pinned(noise.array(block))
        let untouched = Float(12_345)
        let output = Pinned([Float](repeating: untouched, count: rows * outputStride))

        table.depthwise(
            DepthwiseArguments(
                input: input.constant,
                inputRowStride: inputStride,
                weights: weights.constant,
                bias: bias.constant,
                output: output.pointer,
                outputRowStride: outputStride,
                rows: rows,
                columns: columns,
                kernelHeight: shape.height,
                kernelWidth: shape.width,
                stride: shape.stride,
                activation: activation
            )
        )

        for y in 0..<rows {
            for channel in 0..<block {
                for x in 0..<columns {
                    var sum = Double(bias[channel])
                    for ky in 0..<shape.height {
                        for kx in 0..<shape.width {
                            let row = (y * shape.stride + ky) * inputStride
                            let source = row + (x * shape.stride + kx) * block + channel
                            let weight = weights[(ky * shape.width + kx) * block + channel]
                            sum += Double(input[source]) * Double(weight)
                        }
                    }
                    let got = Double(output[y * outputStride + x * block + channel])
                    #expect(abs(got - activation.reference(sum)) < 1e-5, "\(shape) \(columns) columns at \(y), \(x)")
                }
                #expect(output[y * outputStride + columns * block + channel] == untouched, "written behind the row")
            }
        }
    }
}
