internal import ModelGraph

/// Appends to a graph what every architecture here is built from: convolutions with batch normalisation.
struct NetworkBuilder {
    /// The epsilon of all batch normalisations.
    let epsilon: Double
    var graph = GraphBuilder()

    init(epsilon: Double) {
        self.epsilon = epsilon
    }

    /// Convolution, batch normalisation and, but for the identity, an activation.
    ///
    /// - Parameters:
    ///   - name: of the convolution; its weight is `<name>.weight`.
    ///   - norm: of the batch normalisation.
    mutating func convolution(
        _ input: Value,
        channels: Int,
        kernel: Int = 1,
        kernelWidth: Int? = nil,
        stride: Int = 1,
        padding: Padding = .symmetric(height: 0, width: 0),
        groups: Int = 1,
        name: String,
        norm: String,
        activation: ActivationFunction
    ) -> Value {
        let convolution = Convolution(
            outputChannels: channels,
            kernel: kernel,
            kernelWidth: kernelWidth,
            stride: stride,
            padding: padding,
            groups: groups,
            weight: name + ".weight"
        )
        let sums = graph.append(.convolution(convolution), input, name: name)
        let normalization = BatchNormalization(prefix: norm, epsilon: epsilon)
        let normalized = graph.append(.batchNormalization(normalization), sums, name: norm)
        guard activation != .identity else { return normalized }
        return graph.append(.activation(activation), normalized, name: norm + ".act")
    }

    /// The mean over all pixels, the embedding, and the classifier behind it; ends the network.
    ///
    /// - Parameter classCount: zero leaves the classifier out.
    mutating func finish(
        _ features: Value,
        name: String,
        inputShape: FeatureShape,
        classCount: Int,
        classifier: String
    ) -> Graph {
        let pooled = graph.append(.globalAveragePool, features, name: "global_pool")
        var logits: Value?
        if classCount > 0 {
            let linear = Convolution(
                outputChannels: classCount,
                weight: classifier + ".weight",
                bias: classifier + ".bias",
                isFullyConnected: true
            )
            logits = graph.append(.convolution(linear), pooled, name: classifier)
        }
        return graph.graph(name: name, inputShape: inputShape, embedding: pooled, logits: logits)
    }
}
