internal import KernelInterface
internal import ModelGraph

/// Which features of a plan are bytes, how they are mapped, and which convolutions multiply them.
struct ByteFeatures {
    /// The mapping of each value that is stored in bytes.
    private(set) var stored: [Value: Quantization.Features] = [:]
    /// The mapping of each streamed convolution's output that is handed on in bytes, and the window that reads it.
    private(set) var streamed: [Value: (features: Quantization.Features, window: QuadWindow)] = [:]
    /// What the bytes of the picture stand for; nil where it is stored as floats.
    private(set) var picture: InputBytes?
    private let layers: [String: Quantization.Layer]

    /// No bytes at all.
    init() {
        layers = [:]
    }

    /// - Parameters:
    ///   - picture: what bytes of the picture would stand for; nil if they cannot stand for it.
    ///   - streams: convolutions whose output never exists as a whole.
    init(
        _ graph: Graph,
        _ quantization: Quantization,
        picture: InputBytes?,
        shapes: [FeatureShape],
        streams: [Value: Node]
    ) {
        layers = quantization.layers
        let makers = Dictionary(graph.nodes.map { ($0.output, $0) }) { $1 }
        for node in graph.nodes {
            switch node.operation {
            case .convert:
                // Mapped as what it reads.
                stored[node.output] = makers[node.inputs[0]].flatMap { quantization.features[$0.name] }
            case .convolution(let convolution):
                let input = node.inputs[0]
                let isDepthwise = convolution.isDepthwise(input: shapes[input.index])
                if isDepthwise, let expansion = streams[input], layers[node.name] != nil,
                    Self.canWriteQuads(expansion), let features = quantization.features[expansion.name],
                    let window = QuadWindow(convolution, input: shapes[input.index])
                {
                    streamed[input] = (features, window)
                }
                // The depthwise kernel for floats writes no bytes.
                let isStored = !streams.keys.contains(node.output) && (!isDepthwise || streamed.keys.contains(input))
                if isStored { stored[node.output] = quantization.features[node.name] }
            default: continue
            }
        }
        for value in [graph.embedding, graph.logits, graph.explainableFeatures].compactMap(\.self) {
            stored[value] = nil
        }
        removeWhatOthersRead(graph, shapes: shapes)
        let readers = graph.nodes.filter { $0.inputs.contains(Graph.input) }
        if readers.allSatisfy({ layers.keys.contains($0.name) && $0.isProductOfAllChannels }) { self.picture = picture }
    }

    /// Kernels whose inputs are bytes write quads only where no input is skipped.
    private static func canWriteQuads(_ node: Node) -> Bool {
        guard case .convolution(let convolution) = node.operation else { return false }
        return convolution.stride == 1 || node.inputs[0] == Graph.input
    }

    /// Only products of bytes read bytes, and sums whose result is bytes; each removal can ask for others.
    private mutating func removeWhatOthersRead(_ graph: Graph, shapes: [FeatureShape]) {
        var count: Int
        repeat {
            count = stored.count
            for node in graph.nodes {
                for (index, input) in node.inputs.enumerated() where stored.keys.contains(input) {
                    let isResidual = index == 1
                    let isByteProduct = layer(node, shapes: shapes) != nil
                    if !(isResidual ? stored.keys.contains(node.output) : isByteProduct) { stored[input] = nil }
                }
                guard case .convolution = node.operation, node.inputs.count > 1 else { continue }
                if !stored.keys.contains(node.inputs[1]) { stored[node.output] = nil }
            }
        } while stored.count < count
    }

    /// How a node's product of bytes is quantised; nil where it multiplies something else.
    func layer(_ node: Node, shapes: [FeatureShape]) -> Quantization.Layer? {
        guard case .convolution(let convolution) = node.operation else { return nil }
        let input = node.inputs[0]
        if input == Graph.input { return picture == nil ? nil : layers[node.name] }
        if streamed.keys.contains(input) { return layers[node.name] }
        let isDepthwise = convolution.isDepthwise(input: shapes[input.index])
        return stored.keys.contains(input) && !isDepthwise ? layers[node.name] : nil
    }

    /// How a value's bytes are mapped; nil for a value that is none, and for the picture.
    subscript(value: Value) -> Quantization.Features? { stored[value] ?? streamed[value]?.features }

    /// What the bytes of a product's input stand for; nil for a value that is none.
    func input(_ value: Value) -> InputBytes? {
        value == Graph.input ? picture : self[value].map(InputBytes.init)
    }
}

extension Node {
    /// Whether it is a convolution, not in groups.
    var isProductOfAllChannels: Bool {
        if case .convolution(let convolution) = operation { convolution.groups == 1 } else { false }
    }
}

extension QuadWindow {
    /// - Returns: nil for windows that no kernel is made for.
    init?(_ convolution: Convolution, input: FeatureShape) {
        guard convolution.kernelHeight == convolution.kernelWidth else { return nil }
        let left = convolution.padding.amounts(
            input: input.width,
            kernel: convolution.kernelWidth,
            stride: convolution.stride,
            vertical: false
        ).before
        self.init(size: convolution.kernelWidth, stride: convolution.stride, offset: (4 - left % 4) % 4)
    }
}
