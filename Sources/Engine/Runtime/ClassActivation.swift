internal import KernelInterface
internal import ModelGraph

/// Which class a picture's answer is explained for.
package enum ExplainedClass: Sendable, Equatable {
    /// The one with the largest logit.
    case mostLikely
    case index(Int)

    /// The class meant, of those with the lowest index where logits are equal; nil without logits.
    package func index(in logits: [Float]) -> Int? {
        switch self {
        case .index(let index): index
        case .mostLikely: logits.indices.max { (logits[$0], -$0) < (logits[$1], -$1) }
        }
    }
}

/// What each pixel of the last features adds to one class's logit: the logit is the mean of all values and the class's
/// bias (Zhou et al., "Learning Deep Features for Discriminative Localization", 2016).
package struct ClassActivationMap: Sendable, Equatable {
    package var classID: Int
    package var rows: Int
    package var columns: Int
    /// Row by row, top first.
    package var values: [Float]

    package init(classID: Int, rows: Int, columns: Int, values: [Float]) {
        self.classID = classID
        self.rows = rows
        self.columns = columns
        self.values = values
    }
}

/// Makes class-activation maps from what a run leaves in its arena.
struct ClassActivation: Sendable {
    /// Of the features that are averaged for the classifier; kept until the run ends.
    let features: Buffer
    let classifier: MatrixProduct

    func map(of classID: Int, image: Int, _ context: RunContext) -> ClassActivationMap {
        let layout = features.layout
        let shape = layout.shape
        let base = context.address(features, image: image)
        var values = [Float](repeating: 0, count: shape.height * shape.width)
        let weights = classifier.weights(ofChannel: classID, in: context.weights)
        for (channel, weight) in weights.enumerated() {
            let (block, lane) = channel.quotientAndRemainder(dividingBy: layout.block)
            let (word, part) = lane.quotientAndRemainder(dividingBy: layout.element.perWord)
            for row in 0..<shape.height {
                let pixels = base + layout.offset(block: block, row: row, column: 0) + word
                for column in 0..<shape.width {
                    let pixel = pixels[column * layout.pixelStride]
                    let number = layout.element == .bfloat16 ? pixel.bfloat16(part) : pixel
                    values[row * shape.width + column] += weight * number
                }
            }
        }
        return ClassActivationMap(classID: classID, rows: shape.height, columns: shape.width, values: values)
    }
}

extension Float {
    /// One of the two bf16 numbers whose word this is.
    fileprivate func bfloat16(_ part: Int) -> Float {
        Float(bitPattern: (bitPattern >> (16 * UInt32(part))) << 16)
    }
}

extension MatrixProduct {
    /// The weights of one output channel, unpacked, in the order of the sum's steps: for a product of one pixel's
    /// channels that is one an input channel.
    fileprivate func weights(ofChannel channel: Int, in packed: UnsafePointer<Float>) -> [Float] {
        guard let panel = panels.last(where: { $0.panel.firstBlock * block <= channel }) else { return [] }
        let lanes = panel.panel.kernel.blocks * block
        let lane = channel - panel.panel.firstBlock * block
        let column = packed + panel.weights + lane
        let scale = input == .uint8 ? packed[panel.scales + lane] / inputScale : 1
        return order.weightIndices.indices.map { index in
            let (step, part) = index.quotientAndRemainder(dividingBy: order.channelsPerStep)
            let word = column[step * lanes]
            switch input {
            case .float32: return word
            case .bfloat16: return word.bfloat16(part)
            case .uint8, .uint8Quads:
                return Float(Int8(truncatingIfNeeded: word.bitPattern >> (8 * UInt32(part)))) * scale
            }
        }
    }
}
