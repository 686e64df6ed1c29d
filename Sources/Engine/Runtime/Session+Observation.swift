package import ModelGraph

/// What a node of the optimised graph made of one image; or the image itself, as the network's input.
package struct ObservedFeatures: Sendable {
    /// The node's, or `Graph.inputName`.
    package let name: String
    package let shape: FeatureShape
    /// `[channel][row][column]`
    package let values: [Float]
}

extension Session {
    /// Runs a plan that is made for it over one image, and hands over its input and what each node made, in the order of the nodes.
    ///
    /// - Parameters:
    ///   - input: one image.
    ///   - threads: how many threads may work on this run.
    package func observe(_ input: BatchInput, threads: Int = 1, each: (ObservedFeatures) -> Void) throws {
        try withContext(input) { context in
            runSteps(context, threads: threads)
            for observed in plan.observed {
                each(
                    ObservedFeatures(
                        name: observed.name,
                        shape: observed.buffer.layout.shape,
                        values: planes(of: observed.buffer, context)
                    )
                )
            }
        }
    }

    /// The first image's features without their border.
    private func planes(of buffer: Buffer, _ context: RunContext) -> [Float] {
        let layout = buffer.layout
        let shape = layout.shape
        let base = context.address(buffer, image: 0)
        return [Float](unsafeUninitializedCapacity: shape.channels * shape.height * shape.width) { values, count in
            for channel in 0..<shape.channels {
                let (block, lane) = channel.quotientAndRemainder(dividingBy: layout.block)
                for row in 0..<shape.height {
                    let pixels = base + layout.offset(block: block, row: row, column: 0) + lane
                    for column in 0..<shape.width {
                        values.initializeElement(at: count, to: pixels[column * layout.pixelStride])
                        count += 1
                    }
                }
            }
        }
    }
}
