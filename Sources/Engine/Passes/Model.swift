package import ModelGraph

/// A graph and the tensors it names: what passes transform and plans are made from.
package struct Model: Sendable {
    package var graph: Graph
    package var weights: Weights
    /// How its numbers are mapped to 8 bits; nil for a model that was not calibrated.
    package var quantization: Quantization?

    /// Checks that graph and weights fit.
    package init(graph: Graph, weights: Weights, quantization: Quantization? = nil) throws(GraphError) {
        try weights.check(against: graph, quantization: quantization)
        self.graph = graph
        self.weights = weights
        self.quantization = quantization
    }

    /// The passes in their order; each leaves a graph that computes the same.
    package static let passes: [(name: String, apply: @Sendable (Model) throws(GraphError) -> Model)] = [
        ("fold-batch-norm", { (model) throws(GraphError) in try model.foldingBatchNormalization() }),
        ("fuse-residuals", { (model) in model.fusingResiduals() }),
        ("fuse-activations", { (model) in model.fusingActivations() }),
    ]

    /// The model after all passes.
    package func optimized() throws(GraphError) -> Model {
        var model = self
        for pass in Model.passes { model = try pass.apply(model) }
        return model
    }
}
