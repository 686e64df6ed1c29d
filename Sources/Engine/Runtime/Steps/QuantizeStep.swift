internal import KernelInterface
internal import ModelGraph

/// Numbers per channel as bytes: stored = number · factor + offset, rounded to nearest even and limited to 0…255.
struct QuantizeStep: Step {
    let name: String
    let kind = "quantize"
    let multiplyAdds = 0
    /// Floats of shape channels × 1 × 1.
    let input: Buffer
    let output: Buffer
    let factor: Float
    let offset: Float

    var buffers: [Buffer] { [input, output] }

    func unitCount(_ context: RunContext) -> Int { context.images }

    func run(unit image: Int, _ context: RunContext) {
        let count = input.layout.imageStride
        let numbers = UnsafeMutableBufferPointer(start: context.address(input, image: image), count: count)
        context.address(output, image: image).withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
            for (index, number) in numbers.enumerated() {
                let limited = max(0, min(255, number * factor + offset))
                // Adding 2^23 rounds to an integer, which is in the lowest bits then.
                bytes[index] = UInt8(truncatingIfNeeded: (limited + 0x1p23).bitPattern)
            }
        }
    }
}
