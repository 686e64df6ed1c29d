internal import KernelInterface
package import ModelGraph

/// A model made ready for one machine: steps with their kernels, places in the arena, packed weights. Immutable, and
/// shared by all runs.
package struct Plan: Sendable {
    package let instructionSet: InstructionSet
    package let precision: Precision
    package let inputShape: FeatureShape
    package let classCount: Int
    package let embeddingCount: Int
    /// What is done image by image, then what is done with the whole batch.
    let imageSteps: [any Step]
    let batchSteps: [any Step]
    /// Packed; only read once the plan is made.
    let weights: FloatMemory
    let embedding: Buffer
    /// nil without a classifier.
    let logits: Buffer?
    /// nil where answers cannot be explained.
    let classActivation: ClassActivation?
    /// Words of working memory: of one image in the first phase, and for each image of the batch in the second.
    let imageArenaCount: Int
    let batchArenaCount: Int
    /// Words of scratch memory for each thread of a run.
    let scratchCount: Int
    /// What can be observed; nothing but in a plan that is made for it.
    var observed: [ObservedBuffer] = []

    /// Whether runs can tell what each pixel adds to a class.
    package var isExplainable: Bool { classActivation != nil }

    /// Bytes of packed weights.
    package var weightBytes: Int { weights.count * MemoryLayout<Float>.stride }

    /// Bytes of working memory that a batch takes.
    package func arenaBytes(images: Int, threads: Int = 1) -> Int {
        arenaCount(images: images, threads: threads) * MemoryLayout<Float>.stride
    }

    func arenaCount(images: Int, threads: Int) -> Int {
        (imageArenaCount + scratchCount) * threads + batchArenaCount * images
    }

    /// Multiply-adds for one image.
    package var multiplyAdds: Int { (imageSteps + batchSteps).reduce(0) { $0 + $1.multiplyAdds } }
}

extension Plan: CustomStringConvertible {
    /// One line a step.
    package var description: String {
        let header =
            "plan for \(instructionSet.rawValue) in \(precision.rawValue), \(weightBytes) bytes of weights, "
            + "\(arenaBytes(images: 1)) bytes of working memory an image"
        func lines(_ steps: [any Step]) -> [String] { steps.map { "  \($0.name): \($0.kind)" } }
        return ([header, "image by image"] + lines(imageSteps) + ["whole batch"] + lines(batchSteps))
            .joined(separator: "\n")
    }
}

/// Why a graph cannot be run.
package enum PlanError: Error, CustomStringConvertible {
    case unsupported(node: String, operation: String)
    case notQuantized
    case badQuantization(node: String, reason: String)

    package var description: String {
        switch self {
        case .unsupported(let node, let operation): "layer \(node) cannot be run: \(operation) is not supported"
        case .notQuantized:
            "nobody has found out how the model is computed in int8; run effnet quantize, or choose another precision"
        case .badQuantization(let node, let reason):
            "layer \(node) cannot be run in int8: \(reason); quantise the model anew with effnet quantize"
        }
    }
}
