/// How a model's numbers are mapped to 8 bits: what calibration finds, and what a checkpoint may hold.
///
/// Names are those of the graph's nodes after the engine's passes.
package struct Quantization: Sendable, Equatable {
    /// A node's output: number = scale · (stored − zero), with stored in 0…255.
    package struct Features: Sendable, Equatable {
        package var scale: Float
        package var zero: UInt8

        package init(scale: Float, zero: UInt8) {
            self.scale = scale
            self.zero = zero
        }
    }

    /// A convolution that multiplies integers.
    package struct Layer: Sendable, Equatable {
        /// For each output channel: weight = scale · stored, with stored in −127…127.
        package var scales: [Float]
        /// For each output channel what is added to its sum: what batch normalisation and bias leave, less the mean error
        /// that rounding brings.
        package var shifts: [Float]

        package init(scales: [Float], shifts: [Float]) {
            self.scales = scales
            self.shifts = shifts
        }
    }

    /// What all convolutions compute in that do not multiply integers.
    package enum WideFormat: String, Sendable {
        /// Weights and features are rounded to bf16; sums are floats.
        case bf16
        case fp32
    }

    /// By the node that makes them. The features before and behind each layer of `layers` are among them, but for those
    /// that stay floats behind it.
    package var features: [String: Features]
    /// The convolutions that multiply integers.
    package var layers: [String: Layer]
    package var wideFormat: WideFormat

    package init(
        features: [String: Features] = [:],
        layers: [String: Layer] = [:],
        wideFormat: WideFormat = .bf16
    ) {
        self.features = features
        self.layers = layers
        self.wideFormat = wideFormat
    }
}

extension Quantization {
    /// The convolutions of a graph whose stored weights are integers already.
    ///
    /// - Parameter elementType: of a stored tensor, by its name; nil where there is none.
    package func integerLayers(of graph: Graph, elementType: (String) -> ElementType?) -> Set<String> {
        var names: Set<String> = []
        for node in graph.nodes {
            guard case .convolution(let convolution) = node.operation, layers[node.name] != nil,
                elementType(convolution.weight) == .int8
            else { continue }
            names.insert(node.name)
        }
        return names
    }
}
