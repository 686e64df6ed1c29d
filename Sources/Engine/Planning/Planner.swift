internal import KernelInterface
package import ModelGraph

extension Plan {
    /// Plans an optimised model.
    ///
    /// - Parameter transform: its mean and standard deviation turn 8-bit samples into the network's input.
    package init(_ model: Model, transform: ImageTransform, instructionSet: InstructionSet) throws {
        var planner = try Planner(model: model, transform: transform, instructionSet: instructionSet)
        self = try planner.plan()
    }
}

/// Turns a graph into a plan: layouts, then places in memory, then steps with packed weights.
struct Planner {
    let model: Model
    let transform: ImageTransform
    let instructionSet: InstructionSet
    let kernels: KernelTable
    let shapes: [FeatureShape]
    /// By value index; values that nobody makes any more keep an empty place.
    var buffers: [Buffer?]
    var packing: [(UnsafeMutablePointer<Float>) -> Void] = []
    var weightCount = 0

    init(model: Model, transform: ImageTransform, instructionSet: InstructionSet) throws(GraphError) {
        self.model = model
        self.transform = transform
        self.instructionSet = instructionSet
        kernels = instructionSet.kernels
        shapes = try model.graph.shapes()
        buffers = [Buffer?](repeating: nil, count: shapes.count)
    }

    mutating func plan() throws -> Plan {
        let aliases = try inPlaceValues()
        let arenaCount = placeBuffers(aliases: aliases)
        var steps: [any Step] = [inputStep()]
        for node in model.graph.nodes { steps.append(try step(for: node)) }

        let weights = PackedWeights(count: weightCount)
        for pack in packing { pack(weights.mutableBase) }
        return Plan(
            instructionSet: instructionSet,
            inputShape: model.graph.inputShape,
            classCount: shapes[model.graph.logits.index].channels,
            embeddingCount: shapes[model.graph.embedding.index].channels,
            steps: steps,
            weights: weights,
            embedding: try buffer(model.graph.embedding, for: "embedding"),
            logits: try buffer(model.graph.logits, for: "logits"),
            arenaCount: arenaCount
        )
    }

    func buffer(_ value: Value, for node: String) throws -> Buffer {
        guard let buffer = buffers[value.index] else {
            throw GraphError.shapeMismatch(node: node, reason: "value \(value.index) is never made")
        }
        return buffer
    }

    /// Room for packed weights, on a cache line.
    mutating func reserveWeights(_ count: Int) -> Int {
        let offset = weightCount
        weightCount += (count + MemoryPlanner.alignment - 1) / MemoryPlanner.alignment * MemoryPlanner.alignment
        return offset
    }

    // MARK: Memory

    /// Outputs that take the place of their node's first input: scaling happens in place.
    private func inPlaceValues() throws -> [Value: Value] {
        var aliases: [Value: Value] = [:]
        for (index, node) in model.graph.nodes.enumerated() {
            guard case .scaleChannels = node.operation else { continue }
            let features = node.inputs[0]
            let isReadLater = model.graph.nodes[(index + 1)...].contains { $0.inputs.contains(features) }
            if isReadLater || features == model.graph.embedding || features == Graph.input {
                throw PlanError.unsupported(node: node.name, operation: "scaling of features that are used again")
            }
            aliases[node.output] = aliases[features] ?? features
        }
        return aliases
    }

    /// Gives every value its layout and its place; returns the arena's size.
    private mutating func placeBuffers(aliases: [Value: Value]) -> Int {
        var borders: [Value: Border] = [:]
        var lives: [Value: ClosedRange<Int>] = [Graph.input: 0...0]
        let end = model.graph.nodes.count + 1
        for (index, node) in model.graph.nodes.enumerated() {
            let step = index + 1
            let output = aliases[node.output] ?? node.output
            lives[output] = (lives[output]?.lowerBound ?? step)...step
            for input in node.inputs {
                let value = aliases[input] ?? input
                lives[value] = (lives[value]?.lowerBound ?? 0)...step
                guard case .convolution(let convolution) = node.operation, input == node.inputs[0] else { continue }
                let border = convolution.border(input: shapes[input.index], output: shapes[node.output.index])
                borders[value] = (borders[value] ?? Border()).union(border)
            }
        }
        for output in [model.graph.embedding, model.graph.logits] {
            let value = aliases[output] ?? output
            lives[value] = (lives[value]?.lowerBound ?? 0)...end
        }

        let values = lives.keys.sorted { $0.index < $1.index }
        let layouts = values.map { value in
            let shape = shapes[value.index]
            return BufferLayout(
                shape: shape,
                block: value == Graph.input ? shape.channels : kernels.block,
                border: borders[value] ?? Border()
            )
        }
        let requests = zip(values, layouts).map { value, layout in
            MemoryPlanner.Request(size: layout.imageStride, life: lives[value] ?? 0...end)
        }
        let (offsets, size) = MemoryPlanner.place(requests)
        for (index, value) in values.enumerated() {
            buffers[value.index] = Buffer(layout: layouts[index], offset: offsets[index])
        }
        for (value, original) in aliases { buffers[value.index] = buffers[original.index] }
        return size
    }

    // MARK: Steps

    private func inputStep() -> InputStep {
        let shape = model.graph.inputShape
        let buffer = buffers[Graph.input.index] ?? Buffer(layout: BufferLayout(shape: shape, block: 1), offset: 0)
        let channels = shape.channels
        let period = channels * kernels.block
        func perChannel(_ values: [Float], _ channel: Int) -> Float {
            values.isEmpty ? 0 : values[min(channel, values.count - 1)]
        }
        return InputStep(
            output: buffer,
            normalize: kernels.normalize,
            scales: (0..<period).map { 1 / (255 * perChannel(transform.standardDeviation, $0 % channels)) },
            offsets: (0..<period).map { index in
                let channel = index % channels
                return -perChannel(transform.mean, channel) / perChannel(transform.standardDeviation, channel)
            }
        )
    }

    private mutating func step(for node: Node) throws -> any Step {
        switch node.operation {
        case .convolution(let convolution) where convolution.groups == 1:
            return try gemmStep(node, convolution)
        case .convolution(let convolution) where convolution.isDepthwise(input: shapes[node.inputs[0].index]):
            return try depthwiseStep(node, convolution)
        case .globalAveragePool:
            return PlaneStep(
                name: node.name,
                kind: "average",
                features: try buffer(node.inputs[0], for: node.name),
                channels: try buffer(node.output, for: node.name),
                kernel: kernels.average
            )
        case .scaleChannels:
            return PlaneStep(
                name: node.name,
                kind: "scale",
                features: try buffer(node.inputs[0], for: node.name),
                channels: try buffer(node.inputs[1], for: node.name),
                kernel: kernels.scale
            )
        case .convolution, .batchNormalization, .activation, .add:
            throw PlanError.unsupported(node: node.name, operation: "\(node.operation)")
        }
    }
}

extension Convolution {
    fileprivate func isDepthwise(input: FeatureShape) -> Bool {
        groups == input.channels && outputChannels == input.channels
    }

    /// The zeros that the input needs around it.
    fileprivate func border(input: FeatureShape, output: FeatureShape) -> Border {
        let vertical = padding.amounts(input: input.height, kernel: kernelHeight, stride: stride, vertical: true)
        let horizontal = padding.amounts(input: input.width, kernel: kernelWidth, stride: stride, vertical: false)
        return Border(
            top: vertical.before,
            left: horizontal.before,
            bottom: max(0, (output.height - 1) * stride + kernelHeight - vertical.before - input.height),
            right: max(0, (output.width - 1) * stride + kernelWidth - horizontal.before - input.width)
        )
    }

    /// Floats from the input plane's start to the first tap of the first output pixel.
    func firstTap(input: BufferLayout) -> Int {
        let above = padding.amounts(input: input.shape.height, kernel: kernelHeight, stride: stride, vertical: true)
        let left = padding.amounts(input: input.shape.width, kernel: kernelWidth, stride: stride, vertical: false)
        return input.offset(row: -above.before, column: -left.before)
    }
}

extension ActivationFunction {
    var kernelActivation: Activation {
        switch self {
        case .identity: .identity
        case .relu: .relu
        case .relu6: .relu6
        case .swish: .swish
        case .sigmoid: .sigmoid
        }
    }
}
