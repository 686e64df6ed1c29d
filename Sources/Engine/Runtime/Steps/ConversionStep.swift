internal import KernelInterface
internal import ModelGraph

/// Numbers per channel in the format that a product reads.
struct ConversionStep: Step {
    enum Format {
        /// Rounded to nearest even.
        case bfloat16
        /// stored = number · factor + offset, rounded to nearest even and limited to 0…255.
        case bytes(factor: Float, offset: Float)
    }

    let name: String
    let multiplyAdds = 0
    /// Floats of shape channels × 1 × 1.
    let input: Buffer
    let output: Buffer
    let format: Format

    var kind: String {
        switch format {
        case .bfloat16: "round to bf16"
        case .bytes: "quantize"
        }
    }
    var buffers: [Buffer] { [input, output] }

    func unitCount(_ context: RunContext) -> Int { context.images }

    func run(unit image: Int, _ context: RunContext) {
        let count = input.layout.imageStride
        let numbers = UnsafeMutableBufferPointer(start: context.address(input, image: image), count: count)
        let target = context.address(output, image: image)
        switch format {
        case .bfloat16:
            target.withMemoryRebound(to: UInt16.self, capacity: count) { halves in
                for (index, number) in numbers.enumerated() { halves[index] = number.bfloat16Bits }
            }
        case .bytes(let factor, let offset):
            target.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
                for (index, number) in numbers.enumerated() {
                    let limited = max(0, min(255, number * factor + offset))
                    // Adding 2^23 rounds to an integer, which is in the lowest bits then.
                    bytes[index] = UInt8(truncatingIfNeeded: (limited + 0x1p23).bitPattern)
                }
            }
        }
    }
}
