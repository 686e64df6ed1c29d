extension Graph {
    /// Convolutions and fully connected layers.
    package var layerCount: Int {
        nodes.count { if case .convolution = $0.operation { true } else { false } }
    }

    /// The most floats of features that exist at one time for one image, as an estimate: batch normalisations, activations
    /// and factors are counted in place.
    package func peakFeatures() throws(GraphError) -> Int {
        let shapes = try shapes()
        var homes: [Value: Value] = [:]
        func home(_ value: Value) -> Value { homes[value] ?? value }
        var lastUses: [Value: Int] = [:]
        for (step, node) in nodes.enumerated() {
            switch node.operation {
            case .batchNormalization, .activation, .affine, .scaleChannels: homes[node.output] = home(node.inputs[0])
            default: break
            }
            for value in node.inputs + [node.output] { lastUses[home(value)] = step }
        }
        var alive: [Value: Int] = [:]
        var peak = 0
        for (step, node) in nodes.enumerated() {
            for value in node.inputs + [node.output] {
                let shape = shapes[home(value).index]
                alive[home(value)] = shape.channels * shape.height * shape.width
            }
            peak = max(peak, alive.values.reduce(0, +))
            alive = alive.filter { lastUses[$0.key].map { $0 > step } ?? false }
        }
        return peak
    }
}
