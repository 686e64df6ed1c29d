internal import KernelInterface
internal import ModelGraph

/// Numbers per channel in bf16.
struct RoundStep: Step {
    let name: String
    let kind = "round to bf16"
    let multiplyAdds = 0
    /// Floats of shape channels × 1 × 1.
    let input: Buffer
    let output: Buffer

    var buffers: [Buffer] { [input, output] }

    func unitCount(_ context: RunContext) -> Int { context.images }

    func run(unit image: Int, _ context: RunContext) {
        let count = input.layout.imageStride
        let numbers = UnsafeMutableBufferPointer(start: context.address(input, image: image), count: count)
        context.address(output, image: image).withMemoryRebound(to: UInt16.self, capacity: count) { halves in
            for (index, number) in numbers.enumerated() { halves[index] = number.bfloat16Bits }
        }
    }
}
