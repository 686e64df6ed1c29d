internal import KernelInterface
internal import ModelGraph

/// Brings the images into the network's input buffer: pixels are normalised, tensors reordered.
struct InputStep: Step {
    let name = "input"
    let kind = "input"
    let multiplyAdds = 0
    var buffers: [Buffer] { [output] }
    let output: Buffer
    let normalize: KernelTable.Normalize
    /// Factors and summands per channel, repeated over `period` floats.
    let scales: [Float]
    let offsets: [Float]

    private static let rowsPerUnit = 32

    private var chunks: Int { (output.layout.shape.height + InputStep.rowsPerUnit - 1) / InputStep.rowsPerUnit }

    func unitCount(images: Int) -> Int { images * chunks }

    func run(unit: Int, _ context: RunContext) {
        let (image, chunk) = unit.quotientAndRemainder(dividingBy: chunks)
        let layout = output.layout
        let target = context.address(output, image: image)
        if chunk == 0 { layout.clearBorder(ofPlane: target) }
        let first = chunk * InputStep.rowsPerUnit
        let rows = first..<min(first + InputStep.rowsPerUnit, layout.shape.height)
        switch context.input {
        case .pixels(let pictures): normalizeRows(rows, of: pictures[context.firstImage + image], to: target)
        case .tensor(let values, _): interleaveRows(rows, of: values, image: context.firstImage + image, to: target)
        }
    }

    private func normalizeRows(_ rows: Range<Int>, of picture: [UInt8], to target: UnsafeMutablePointer<Float>) {
        let layout = output.layout
        let count = layout.shape.width * layout.shape.channels
        picture.withUnsafeBufferPointer { pixels in
            scales.withUnsafeBufferPointer { scales in
                offsets.withUnsafeBufferPointer { offsets in
                    guard let pixels = pixels.baseAddress, let scales = scales.baseAddress,
                        let offsets = offsets.baseAddress
                    else { return }
                    for row in rows {
                        normalize(
                            NormalizeArguments(
                                input: pixels + row * count,
                                output: target + layout.offset(row: row, column: 0),
                                count: count,
                                scales: scales,
                                offsets: offsets,
                                period: self.scales.count
                            )
                        )
                    }
                }
            }
        }
    }

    private func interleaveRows(
        _ rows: Range<Int>,
        of values: [Float],
        image: Int,
        to target: UnsafeMutablePointer<Float>
    ) {
        let layout = output.layout
        let (channels, height, width) = (layout.shape.channels, layout.shape.height, layout.shape.width)
        values.withUnsafeBufferPointer { values in
            for row in rows {
                let line = target + layout.offset(row: row, column: 0)
                for channel in 0..<channels {
                    let source = ((image * channels + channel) * height + row) * width
                    for column in 0..<width { line[column &* channels &+ channel] = values[source &+ column] }
                }
            }
        }
    }
}
