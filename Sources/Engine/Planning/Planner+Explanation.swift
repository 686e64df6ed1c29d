internal import ModelGraph

extension Planner {
    /// What explains the network's answers; nil for a network that ends in another way than class-activation maps need.
    func classActivation(_ steps: [any Step]) throws -> ClassActivation? {
        guard let features = model.graph.explainableFeatures, let logits = model.graph.logits else { return nil }
        let output = try buffer(logits, for: "logits")
        let classifier = steps.lazy.compactMap { $0 as? GEMMStep }.last { $0.output == output }
        guard let classifier else { return nil }
        return ClassActivation(features: try buffer(features, for: "features"), classifier: classifier.product)
    }
}
