/// How exactly a plan computes; a property of the plan, never of the graph.
package enum Precision: String, Sendable, CaseIterable {
    /// Floats throughout.
    case fp32
    /// Weights of convolutions, and the features between them, are rounded to bf16; sums are floats.
    case bf16
}
