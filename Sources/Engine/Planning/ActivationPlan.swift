internal import KernelInterface
internal import ModelGraph

/// Where each value of a graph lives, and in which of two phases it is made.
///
/// Images pass the first phase one by one: its features are large, and those of one image fit the caches. Then the whole
/// batch passes the second together: its weights are large, and the batch shares each load of them.
struct ActivationPlan {
    /// By value index; nil for values that never exist as a whole.
    private(set) var buffers: [Buffer?]
    /// Convolutions whose output only the depthwise convolution behind them reads, by that output: the two run as one
    /// step.
    let streams: [Value: Node]
    /// The first node of the second phase.
    let batchedFrom: Int
    /// Words of the memory that the images of the first phase use one after the other.
    private(set) var imageArenaCount = 0
    /// Words of the memory of the second phase, for each image of the batch.
    private(set) var batchArenaCount = 0

    private let graph: Graph
    private let shapes: [FeatureShape]
    /// Outputs that take the place of their node's first input: scaling happens in place.
    private let aliases: [Value: Value]
    private let bfloat16Values: Set<Value>
    private let keepsAllValues: Bool
    let bytes: ByteFeatures

    /// - Parameters:
    ///   - block: the kernels' block of channels.
    ///   - quantization: what int8 needs.
    ///   - picture: what bytes of the picture would stand for; nil if they cannot stand for it.
    ///   - keepsAllValues: whether each value has a place of its own until the run ends.
    init(
        _ graph: Graph,
        shapes: [FeatureShape],
        block: Int,
        precision: Precision,
        quantization: Quantization?,
        picture: InputBytes?,
        keepsAllValues: Bool = false
    ) {
        self.graph = graph
        self.shapes = shapes
        buffers = [Buffer?](repeating: nil, count: shapes.count)
        self.keepsAllValues = keepsAllValues
        aliases = keepsAllValues ? [:] : graph.inPlaceValues()
        streams = keepsAllValues ? [:] : graph.streamedConvolutions(shapes: shapes)
        if precision == .int8, let quantization {
            bytes = ByteFeatures(graph, quantization, picture: picture, shapes: shapes, streams: streams)
        } else {
            bytes = ByteFeatures()
        }
        let hasBFloat16 =
            switch precision {
            case .fp32: false
            case .bf16: true
            case .int8: quantization?.wideFormat == .bf16
            }
        bfloat16Values =
            hasBFloat16
            ? graph.bfloat16Values(shapes: shapes, streams: streams, aliases: aliases, bytes: bytes) : []
        batchedFrom = graph.firstBatchedNode(shapes: shapes, streams: streams)
        place(block: block)
    }

    private mutating func place(block: Int) {
        let lives = lives()
        let borders = borders()
        let values = lives.keys.sorted { $0.index < $1.index }
        let layouts = values.map { value in
            let shape = shapes[value.index]
            let mapping = bytes.input(value)
            let element = mapping != nil ? Element.uint8 : bfloat16Values.contains(value) ? .bfloat16 : .float32
            // All channels of a picture lie side by side, in whole words.
            let channels = (shape.channels + element.perWord - 1) / element.perWord * element.perWord
            return BufferLayout(
                shape: shape,
                block: value == Graph.input ? channels : block,
                element: element,
                border: borders[value] ?? Border(),
                borderWord: mapping?.zeroWord ?? 0
            )
        }
        for isBatched in [false, true] {
            let members = values.indices.filter { index in
                // Steps count from 1 for the first node.
                ((lives[values[index]]?.upperBound ?? 0) > batchedFrom) == isBatched
            }
            let (offsets, size) = MemoryPlanner.place(
                members.map { index in
                    MemoryPlanner.Request(size: layouts[index].imageStride, life: lives[values[index]] ?? 0...0)
                }
            )
            for (index, offset) in zip(members, offsets) {
                buffers[values[index].index] = Buffer(
                    layout: layouts[index],
                    offset: offset,
                    isBatched: isBatched
                )
            }
            if isBatched { batchArenaCount = size } else { imageArenaCount = size }
        }
        for (value, original) in aliases { buffers[value.index] = buffers[original.index] }
    }

    /// For each value from the step that writes it to the last that reads it; step 0 is the input's, step i + 1 that of
    /// node i. A streamed convolution runs in the step behind its own.
    private func lives() -> [Value: ClosedRange<Int>] {
        var lives: [Value: ClosedRange<Int>] = [Graph.input: 0...0]
        for (index, node) in graph.nodes.enumerated() {
            let isStreamed = streams.keys.contains(node.output)
            let step = isStreamed ? index + 2 : index + 1
            let output = aliases[node.output] ?? node.output
            if !isStreamed { lives[output] = (lives[output]?.lowerBound ?? step)...step }
            for input in node.inputs where !streams.keys.contains(input) {
                let value = aliases[input] ?? input
                lives[value] = (lives[value]?.lowerBound ?? 0)...step
            }
        }
        let results = [graph.embedding, graph.logits, graph.explainableFeatures].compactMap(\.self)
        for output in keepsAllValues ? Array(lives.keys) : results {
            let value = aliases[output] ?? output
            lives[value] = (lives[value]?.lowerBound ?? 0)...graph.nodes.count + 1
        }
        return lives
    }

    /// The widest border that any reader of a value needs.
    private func borders() -> [Value: Border] {
        var borders: [Value: Border] = [:]
        for node in graph.nodes {
            guard case .convolution(let convolution) = node.operation else { continue }
            let input = node.inputs[0]
            let border = convolution.border(input: shapes[input.index], output: shapes[node.output.index])
            borders[aliases[input] ?? input, default: Border()].formUnion(border)
        }
        return borders
    }
}

extension Graph {
    fileprivate func inPlaceValues() -> [Value: Value] {
        let results = [embedding, logits, explainableFeatures]
        var aliases: [Value: Value] = [:]
        for (index, node) in nodes.enumerated() {
            guard case .scaleChannels = node.operation else { continue }
            let features = node.inputs[0]
            let isReadLater = nodes[(index + 1)...].contains { $0.inputs.contains(features) }
            if isReadLater || results.contains(features) || features == Graph.input { continue }
            aliases[node.output] = aliases[features] ?? features
        }
        return aliases
    }

    /// Convolutions whose output only the depthwise convolution behind them reads, by that output.
    func streamedConvolutions(shapes: [FeatureShape]) -> [Value: Node] {
        var streams: [Value: Node] = [:]
        for (node, next) in zip(nodes, nodes.dropFirst()) {
            guard case .convolution(let first) = node.operation, case .convolution(let second) = next.operation,
                first.groups == 1, node.inputs.count == 1, second.isDepthwise(input: shapes[node.output.index]),
                next.inputs == [node.output], uses(of: node.output) == 1
            else { continue }
            streams[node.output] = node
        }
        return streams
    }

    /// Chooses the border between the phases so that the least memory passes through the caches for each image: before
    /// it the weights do, behind it the features.
    fileprivate func firstBatchedNode(shapes: [FeatureShape], streams: [Value: Node]) -> Int {
        let traffic = nodes.map { node in
            guard case .convolution(let convolution) = node.operation else { return (weights: 0, features: 0) }
            let output = shapes[node.output.index]
            return (
                weights: convolution.weightShape(inputChannels: shapes[node.inputs[0].index].channels).reduce(1, *),
                features: streams.keys.contains(node.output) ? 0 : output.channels * output.height * output.width
            )
        }
        var cost = traffic.reduce(0) { $0 + $1.features }
        var best = (index: 0, cost: cost)
        for (index, layer) in traffic.enumerated() {
            cost += layer.weights - layer.features
            if cost < best.cost { best = (index + 1, cost) }
        }
        return best.index
    }
}
