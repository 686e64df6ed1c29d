import Engine
import KernelInterface
import Testing

struct PoolKernelTests {
    /// Kernel, stride and padding.
    static let windows = [(3, 2, 1), (3, 2, 0), (3, 1, 1), (2, 2, 0), (5, 3, 2), (7, 1, 0)]

    @Test(arguments: KernelSets.supported, windows)
    func pools(set: InstructionSet, window: (kernel: Int, stride: Int, padding: Int)) {
        let table = set.kernels
        let block = table.block
        let (inputRows, inputColumns) = (9, 12)
        let rows = (inputRows + 2 * window.padding - window.kernel) / window.stride + 1
        let columns = (inputColumns + 2 * window.padding - window.kernel) / window.stride + 1
        var noise = Noise(seed: 9)
        // All numbers are negative: a border of zeros would be the maximum.
        let values = noise.array(inputRows * inputColumns * block).map { ($0 - 2).roundedToBFloat16 }
        let elements: [(input: Element, output: Element)] = [
            (.float32, .float32), (.float32, .bfloat16), (.bfloat16, .float32), (.bfloat16, .bfloat16),
        ]
        for ((isMaximum, countsPadding), element) in [(true, false), (false, true), (false, false)].flatMap({ kind in
            elements.map { (kind, $0) }
        }) {
            let (inputWords, outputWords) = (block / element.input.perWord, block / element.output.perWord)
            let input = Pinned(element.input == .bfloat16 ? values.packedAsBFloat16 : values)
            let output = Pinned([Float](repeating: 99, count: rows * columns * outputWords + 1))
            table.pool(
                PoolArguments(
                    input: input.constant,
                    inputElement: element.input,
                    inputRowStride: inputColumns * inputWords,
                    inputRows: inputRows,
                    inputColumns: inputColumns,
                    output: output.pointer,
                    outputElement: element.output,
                    outputRowStride: columns * outputWords,
                    rows: rows,
                    columns: columns,
                    kernelHeight: window.kernel,
                    kernelWidth: window.kernel,
                    stride: window.stride,
                    top: window.padding,
                    left: window.padding,
                    isMaximum: isMaximum,
                    countsPadding: countsPadding
                )
            )
            let results = element.output == .bfloat16 ? output.bfloat16s : (0..<output.count).map { output[$0] }
            // Half of the last bit of a bf16 number from 2 to 4.
            let tolerance = 1e-5 + (element.output == .bfloat16 ? 0x1p-7 : 0)
            for index in 0..<rows * columns * block {
                let (pixel, channel) = index.quotientAndRemainder(dividingBy: block)
                let (y, x) = pixel.quotientAndRemainder(dividingBy: columns)
                var inside: [Double] = []
                for row in y * window.stride - window.padding..<y * window.stride - window.padding + window.kernel {
                    for column in x * window.stride - window.padding..<x * window.stride - window.padding
                        + window.kernel
                    where (0..<inputRows).contains(row) && (0..<inputColumns).contains(column) {
                        inside.append(Double(values[(row * inputColumns + column) * block + channel]))
                    }
                }
                let count = countsPadding ? window.kernel * window.kernel : inside.count
                let expected = isMaximum ? inside.max() ?? 0 : inside.reduce(0, +) / Double(count)
                #expect(abs(Double(results[index]) - expected) < tolerance)
            }
            #expect(output[rows * columns * outputWords] == 99, "written behind the plane")
        }
    }

    @Test(arguments: KernelSets.supported, [Activation.identity, .relu6, .swish, .sigmoid])
    func elementByElement(set: InstructionSet, activation: Activation) {
        let table = set.kernels
        let block = table.block
        let (rows, columns) = (3, 5)
        var noise = Noise(seed: 11)
        let count = rows * columns * block
        let input = Pinned(noise.array(count).map { $0 * 4 })
        let other = Pinned(noise.array(count))
        let factors = Pinned(noise.array(block))
        let offsets = Pinned(noise.array(block))
        for parts in 0..<8 {
            let (hasOther, hasFactors, hasOffsets) = (parts & 1 > 0, parts & 2 > 0, parts & 4 > 0)
            let output = Pinned([Float](repeating: 99, count: count + 1))
            table.elementwise(
                ElementwiseArguments(
                    input: input.constant,
                    inputRowStride: columns * block,
                    other: hasOther ? other.constant : nil,
                    otherRowStride: columns * block,
                    factors: hasFactors ? factors.constant : nil,
                    offsets: hasOffsets ? offsets.constant : nil,
                    output: output.pointer,
                    outputRowStride: columns * block,
                    rows: rows,
                    columns: columns,
                    activation: activation
                )
            )
            for index in 0..<count {
                let channel = index % block
                var expected = Double(input[index]) + (hasOther ? Double(other[index]) : 0)
                if hasFactors { expected *= Double(factors[channel]) }
                if hasOffsets { expected += Double(offsets[channel]) }
                #expect(abs(Double(output[index]) - activation.reference(expected)) < 1e-5)
            }
            #expect(output[count] == 99, "written behind the plane")
        }
    }
}
