internal import KernelInterface

/// How exactly a plan computes; a property of the plan, never of the graph.
package enum Precision: String, Sendable, CaseIterable {
    /// Floats throughout.
    case fp32
    /// Weights of convolutions, and the features between them, are rounded to bf16; sums are floats.
    case bf16

    /// Convolutions that the model's quantisation names multiply bytes, and features between them are bytes; sums are
    /// integers. The rest is as in bf16, or in fp32 where the quantisation says so.
    case int8

    /// What most of its products multiply.
    var element: Element {
        switch self {
        case .fp32: .float32
        case .bf16: .bfloat16
        case .int8: .uint8
        }
    }

    /// Whether the kernels of a set have instructions for it that are faster than those for floats; others emulate it,
    /// slowly.
    package func isAccelerated(by instructionSet: InstructionSet) -> Bool {
        switch (self, instructionSet) {
        case (.fp32, _), (.bf16, .amx), (.int8, .amx), (.int8, .avx512bf16): true
        case (.bf16, .avx512bf16): CPUFeatures.current.multipliesBFloat16Fast
        case (.bf16, _), (.int8, _): false
        }
    }
}
