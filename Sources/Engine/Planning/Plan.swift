internal import KernelInterface
package import ModelGraph

/// A model made ready for one machine: steps with their kernels, places in the arena, packed weights. Immutable, and
/// shared by all runs.
package struct Plan: Sendable {
    package let instructionSet: InstructionSet
    package let inputShape: FeatureShape
    package let classCount: Int
    package let embeddingCount: Int
    let steps: [any Step]
    let weights: PackedWeights
    let embedding: Buffer
    let logits: Buffer
    /// Floats of the arena for each image of a batch.
    let arenaCount: Int
    /// Floats of scratch memory for each thread of a run.
    let scratchCount: Int

    /// Bytes of packed weights.
    package var weightBytes: Int { weights.count * MemoryLayout<Float>.stride }

    /// Bytes of working memory that a batch takes.
    package func arenaBytes(images: Int) -> Int { arenaCount * images * MemoryLayout<Float>.stride }

    /// Multiply-adds for one image.
    package var multiplyAdds: Int { steps.reduce(0) { $0 + $1.multiplyAdds } }
}

extension Plan: CustomStringConvertible {
    /// One line a step.
    package var description: String {
        let header =
            "plan for \(instructionSet.rawValue), \(weightBytes) bytes of weights, "
            + "\(arenaBytes(images: 1)) bytes of working memory an image"
        return ([header] + steps.map { "\($0.name): \($0)" }).joined(separator: "\n")
    }
}

/// Why a graph cannot be run.
package enum PlanError: Error, CustomStringConvertible {
    case unsupported(node: String, operation: String)

    package var description: String {
        switch self {
        case .unsupported(let node, let operation): "layer \(node) cannot be run: \(operation) is not supported"
        }
    }
}
