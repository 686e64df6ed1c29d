internal import ModelGraph

/// Puts the channels of several values one after the other.
struct ConcatenateStep: Step {
    /// Neighbouring channels that lie in one block of an input and in one block of the output.
    struct Piece: Sendable {
        var input: Buffer
        var inputBlock: Int
        var inputLane: Int
        var lane: Int
        var channels: Int
    }

    let name: String
    let output: Buffer
    /// For each block of the output.
    let pieces: [[Piece]]

    let kind = "concatenate"
    let multiplyAdds = 0
    var buffers: [Buffer] { pieces.joined().map(\.input) + [output] }

    init(name: String, inputs: [Buffer], output: Buffer) {
        self.name = name
        self.output = output
        let block = output.layout.block
        var pieces = [[Piece]](repeating: [], count: output.layout.blocks)
        var position = 0
        for input in inputs {
            var channel = 0
            while channel < input.layout.shape.channels {
                let lane = (position + channel) % block
                let rest = input.layout.shape.channels - channel
                let count = min(block - lane, block - channel % block, rest)
                pieces[(position + channel) / block].append(
                    Piece(
                        input: input,
                        inputBlock: channel / block,
                        inputLane: channel % block,
                        lane: lane,
                        channels: count
                    )
                )
                channel += count
            }
            position += channel
        }
        self.pieces = pieces
    }

    func unitCount(_ context: RunContext) -> Int { context.images * output.layout.blocks }

    func run(unit: Int, _ context: RunContext) {
        let (image, block) = unit.quotientAndRemainder(dividingBy: output.layout.blocks)
        let plane = context.address(output, image: image) + block * output.layout.planeStride
        let channels = pieces[block].reduce(0) { $0 + $1.channels }
        if channels < output.layout.block {
            plane.update(repeating: 0, count: output.layout.planeStride)
        } else {
            output.layout.clearBorder(ofPlane: plane)
        }
        for piece in pieces[block] { copy(piece, to: plane, image: image, context) }
    }

    private func copy(_ piece: Piece, to plane: UnsafeMutablePointer<Float>, image: Int, _ context: RunContext) {
        let source = context.address(piece.input, image: image)
        let (width, block) = (output.layout.shape.width, output.layout.block)
        for row in 0..<output.layout.shape.height {
            let input = source + piece.input.layout.offset(block: piece.inputBlock, row: row, column: 0)
            let target = plane + output.layout.offset(row: row, column: 0)
            if piece.channels == block {
                target.update(from: input, count: width * block)
                continue
            }
            for column in 0..<width {
                let pixel = target + column * block + piece.lane
                pixel.update(from: input + column * block + piece.inputLane, count: piece.channels)
            }
        }
    }
}
