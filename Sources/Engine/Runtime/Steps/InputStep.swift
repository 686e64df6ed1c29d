internal import ModelGraph

/// Brings the images into the network's input buffer.
struct InputStep: Step {
    let name = "input"
    var kind: String { rows.title }
    let multiplyAdds = 0
    var buffers: [Buffer] { [output] }
    let output: Buffer
    let rows: PictureRows

    private var chunks: Int { (output.layout.shape.height + rowsPerUnit - 1) / rowsPerUnit }

    func unitCount(_ context: RunContext) -> Int { context.images * chunks }

    func run(unit: Int, _ context: RunContext) {
        let (image, chunk) = unit.quotientAndRemainder(dividingBy: chunks)
        let layout = output.layout
        let target = context.address(output, image: image)
        if chunk == 0 { layout.clearBorder(ofPlane: target) }
        let first = chunk * rowsPerUnit
        let range = first..<min(first + rowsPerUnit, layout.shape.height)
        switch context.input {
        case .pixels(let pictures):
            pictures[context.firstImage + image].withUnsafeBufferPointer { samples in
                guard let samples = samples.baseAddress else { return }
                for row in range {
                    let line = samples + row * layout.shape.width * layout.shape.channels
                    rows.write(
                        samples: line,
                        width: layout.shape.width,
                        to: target + layout.offset(row: row, column: 0)
                    )
                }
            }
        case .tensor(let values, _):
            let (height, width) = (layout.shape.height, layout.shape.width)
            values.withUnsafeBufferPointer { values in
                guard let values = values.baseAddress else { return }
                let planes = values + (context.firstImage + image) * layout.shape.channels * height * width
                for row in range {
                    let target = target + layout.offset(row: row, column: 0)
                    rows.write(planes: planes + row * width, planeStride: height * width, width: width, to: target)
                }
            }
        }
    }
}

private let rowsPerUnit = 32
