internal import KernelInterface
package import ModelGraph

extension Plan {
    /// Plans an optimised model.
    ///
    /// - Parameters:
    ///   - transform: its mean and standard deviation turn 8-bit samples into the network's input.
    ///   - precision: of features and weights.
    ///   - threads: how many may work on one run; steps are cut so that each finds work. Results do not depend on it.
    package init(
        _ model: Model,
        transform: ImageTransform,
        instructionSet: InstructionSet,
        precision: Precision = .fp32,
        threads: Int = 1
    ) throws {
        var planner = try Planner(
            model: model,
            transform: transform,
            instructionSet: instructionSet,
            precision: precision,
            threads: threads
        )
        self = try planner.plan()
    }
}

/// Turns a graph into a plan: layouts, then places in memory, then steps with packed weights.
struct Planner {
    let model: Model
    let transform: ImageTransform
    let instructionSet: InstructionSet
    let precision: Precision
    let threads: Int
    let kernels: KernelTable
    let shapes: [FeatureShape]
    /// What the samples of a picture stand for.
    let picture: InputBytes?
    let activations: ActivationPlan
    /// What is left to do when the size of the packed weights is known.
    var packing: [PackedConvolution] = []
    var weightCount = 0

    init(
        model: Model,
        transform: ImageTransform,
        instructionSet: InstructionSet,
        precision: Precision,
        threads: Int,
        keepsAllValues: Bool = false
    ) throws {
        var model = model
        switch precision {
        case .fp32: break
        case .bf16: model.graph = model.graph.roundingClassifierInput()
        case .int8:
            guard let quantization = model.quantization else { throw PlanError.notQuantized }
            model.graph = model.graph.quantizingMeans(quantization)
            if quantization.wideFormat == .bf16 { model.graph = model.graph.roundingClassifierInput() }
        }
        self.model = model
        self.transform = transform
        self.instructionSet = instructionSet
        self.precision = precision
        self.threads = max(1, threads)
        kernels = instructionSet.kernels
        shapes = try model.graph.shapes()
        picture = InputBytes(picture: transform, channels: model.graph.inputShape.channels)
        activations = ActivationPlan(
            model.graph,
            shapes: shapes,
            block: kernels.block,
            precision: precision,
            quantization: model.quantization,
            picture: picture,
            keepsAllValues: keepsAllValues
        )
    }

    mutating func plan() throws -> Plan {
        var imageSteps: [any Step] = [try inputStep()]
        var batchSteps: [any Step] = []
        for (index, node) in model.graph.nodes.enumerated() where !activations.streams.keys.contains(node.output) {
            let step = try step(for: node)
            if index < activations.batchedFrom { imageSteps.append(step) } else { batchSteps.append(step) }
        }

        let weights = try FloatMemory(count: weightCount)
        for convolution in packing {
            try convolution.pack(model.weights, block: kernels.block, into: weights.base)
        }
        return Plan(
            instructionSet: instructionSet,
            precision: precision,
            inputShape: model.graph.inputShape,
            classCount: model.graph.logits.map { shapes[$0.index].channels } ?? 0,
            embeddingCount: shapes[model.graph.embedding.index].channels,
            imageSteps: imageSteps,
            batchSteps: batchSteps,
            weights: weights,
            embedding: try buffer(model.graph.embedding, for: "embedding"),
            logits: try model.graph.logits.map { try buffer($0, for: "logits") },
            classActivation: try classActivation(imageSteps + batchSteps),
            imageArenaCount: activations.imageArenaCount,
            batchArenaCount: activations.batchArenaCount,
            scratchCount: (imageSteps + batchSteps).map(\.scratchCount).max() ?? 0
        )
    }

    func buffer(_ value: Value, for node: String) throws -> Buffer {
        guard let buffer = activations.buffers[value.index] else {
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

    // MARK: Steps

    private func inputStep() throws -> any Step {
        let output = try buffer(Graph.input, for: "input")
        if let bytes = activations.bytes.picture {
            return InputStep(output: output, rows: PictureRows(bytes, kernels: kernels))
        }
        let channels = model.graph.inputShape.channels
        let rows = PictureRows(transform, channels: channels, element: output.layout.element, kernels: kernels)
        return InputStep(output: output, rows: rows)
    }

    private mutating func step(for node: Node) throws -> any Step {
        switch node.operation {
        case .convolution(let depthwise):
            guard let producer = activations.streams[node.inputs[0]],
                case .convolution(let convolution) = producer.operation
            else {
                return try convolutionStep(node, depthwise)
            }
            return try streamedStep(producer, convolution, depthwise: node, depthwise)
        case .globalAveragePool: return try averageStep(node)
        case .scaleChannels: return try scaleStep(node)
        case .pool(let pool): return try poolStep(node, pool)
        case .concatenate: return try concatenateStep(node)
        case .add: return try addStep(node)
        case .activation(let function): return try activationStep(node, function)
        case .affine(let affine): return try affineStep(node, affine)
        case .convert: return try conversionStep(node)
        case .batchNormalization:
            throw PlanError.unsupported(node: node.name, operation: "\(node.operation)")
        }
    }

    private mutating func convolutionStep(_ node: Node, _ convolution: Convolution) throws -> any Step {
        let isDepthwise = convolution.isDepthwise(input: shapes[node.inputs[0].index])
        guard convolution.groups > 1, isDepthwise, node.inputs[0] != Graph.input else {
            return try gemmStep(node, convolution)
        }
        return try depthwiseStep(node, convolution)
    }
}

extension Convolution {
    func isDepthwise(input: FeatureShape) -> Bool {
        groups == input.channels && outputChannels == input.channels
    }

    /// The zeros that the input needs around it.
    func border(input: FeatureShape, output: FeatureShape) -> Border {
        let vertical = padding.amounts(input: input.height, kernel: kernelHeight, stride: stride, vertical: true)
        let horizontal = padding.amounts(input: input.width, kernel: kernelWidth, stride: stride, vertical: false)
        return Border(
            top: vertical.before,
            left: horizontal.before,
            bottom: max(0, (output.height - 1) * stride + kernelHeight - vertical.before - input.height),
            right: max(0, (output.width - 1) * stride + kernelWidth - horizontal.before - input.width)
        )
    }

    /// Words from the input plane's start to the first tap of the first output pixel.
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
