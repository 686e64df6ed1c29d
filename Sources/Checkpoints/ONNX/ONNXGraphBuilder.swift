import ModelGraph

/// Turns an ONNX model's nodes into a graph of our operators, node by node.
struct ONNXGraphBuilder {
    /// What a name of the file stands for.
    enum Operand {
        case features(Value)
        /// The sigmoid of features, not made yet: most of them are one half of a swish.
        case sigmoid(of: Value, name: String)
        /// The channels of several features one after the other, not made yet: another may follow that takes them along.
        case joined([Value], name: String)
        /// Features with a border that the next layer takes along.
        case padded(Value, ONNXPadding)
        case channel(ONNXChannel)
        /// A tensor of the file, by its first name.
        case tensor(String, Tensor)
        /// Numbers that exporters compute sizes with.
        case array(ONNXArray)
        /// The softmax of features: logits are asked for.
        case probabilities(Value)
    }

    /// Features beyond these are never meant.
    private static let channelLimit = 1 << 24
    private static let sideLimit = 1 << 16

    private(set) var graph = GraphBuilder()
    var weights = Weights()
    private var operands: [String: Operand] = [:]
    private var shapes: [Value: FeatureShape] = [:]
    /// The last fully connected layer: what it reads and what it gives.
    var classifier: (input: Value, output: Value)?

    init(input: String, shape: FeatureShape, tensors: [String: Tensor]) {
        operands[input] = .features(Graph.input)
        shapes[Graph.input] = shape
        for (name, tensor) in tensors where !name.isEmpty { operands[name] = .tensor(name, tensor) }
    }

    // MARK: Operands

    func operand(_ node: ONNXModel.Node, _ index: Int) throws(ONNXFlaw) -> Operand {
        guard node.inputs.indices.contains(index), let operand = operands[node.inputs[index]] else {
            throw ONNXFlaw("input \(index) of node \"\(node.name)\" (\(node.operation)) is made by no node before it")
        }
        return operand
    }

    func has(_ node: ONNXModel.Node, _ index: Int) -> Bool {
        node.inputs.indices.contains(index) && !node.inputs[index].isEmpty
    }

    mutating func set(_ node: ONNXModel.Node, _ operand: Operand) throws(ONNXFlaw) {
        guard let output = node.outputs.first, !output.isEmpty else {
            throw ONNXFlaw("node \"\(node.name)\" has no output")
        }
        operands[output] = operand
    }

    /// Features that exist: a sigmoid that was put off is made.
    mutating func features(_ node: ONNXModel.Node, _ index: Int) throws(ONNXFlaw) -> Value {
        switch try operand(node, index) {
        case .features(let value): return value
        case .sigmoid(let value, let name):
            let made = try append(.activation(.sigmoid), [value], name: name)
            operands[node.inputs[index]] = .features(made)
            return made
        case .joined(let values, let name):
            let made = try append(.concatenate, values, name: name)
            operands[node.inputs[index]] = .features(made)
            return made
        case .padded: throw refusal(node, "behind a Pad")
        case .channel: throw refusal(node, "of a single channel")
        case .tensor, .array: throw refusal(node, "of numbers that are part of the file")
        case .probabilities: throw refusal(node, "behind a Softmax")
        }
    }

    /// A tensor of the file.
    func tensor(_ node: ONNXModel.Node, _ index: Int) throws(ONNXFlaw) -> (name: String, tensor: Tensor) {
        guard case .tensor(let name, let tensor) = try operand(node, index) else {
            throw refusal(node, "whose input \(index) is no tensor of the file")
        }
        return (name, tensor)
    }

    /// All numbers of a tensor of the file.
    func floats(_ node: ONNXModel.Node, _ index: Int) throws(ONNXFlaw) -> [Float] {
        switch try operand(node, index) {
        case .tensor(let name, let tensor):
            guard let floats = tensor.floats() else { throw ONNXFlaw("tensor \"\(name)\" holds no floats") }
            return floats
        case .array(let array): return array.values.map { Float($0) }
        default: throw refusal(node, "whose input \(index) is no tensor of the file")
        }
    }

    /// Sizes, computed or from the file; nil for what depends on the picture.
    func array(_ node: ONNXModel.Node, _ index: Int) throws(ONNXFlaw) -> ONNXArray? {
        switch try operand(node, index) {
        case .array(let array): array
        case .tensor(_, let tensor): ONNXArray(tensor)
        default: nil
        }
    }

    func shape(_ value: Value) -> FeatureShape {
        shapes[value] ?? FeatureShape(channels: 0, height: 0, width: 0)
    }

    // MARK: Nodes

    /// Features with one factor and one summand a channel.
    ///
    /// Those of the picture itself become a convolution of one pixel: the first layer of a network has to be one.
    mutating func append(_ affine: ChannelAffine, _ input: Value, name: String) throws(ONNXFlaw) -> Value {
        guard input == Graph.input else { return try append(.affine(affine), [input], name: name) }
        let channels = affine.scale.count
        var diagonal = [Float](repeating: 0, count: channels * channels)
        for (channel, scale) in affine.scale.enumerated() { diagonal[channel * (channels + 1)] = scale }
        let convolution = Convolution(outputChannels: channels, weight: "\(name).scale", bias: "\(name).shift")
        weights[convolution.weight] = Tensor(shape: [channels, channels, 1, 1], floats: diagonal)
        weights["\(name).shift"] = Tensor(shape: [channels], floats: affine.shift)
        return try append(.convolution(convolution), [input], name: name)
    }

    mutating func append(_ operation: Operator, _ inputs: [Value], name: String) throws(ONNXFlaw) -> Value {
        let output = graph.append(operation, inputs: inputs, name: name)
        let node = Node(name: name, operation: operation, inputs: inputs, output: output)
        let shape: FeatureShape
        do {
            shape = try node.outputShape(inputs.map(self.shape))
        } catch {
            throw ONNXFlaw(error.description)
        }
        guard shape.channels <= Self.channelLimit, max(shape.height, shape.width) <= Self.sideLimit else {
            throw ONNXFlaw("node \"\(name)\" makes features of \(shape), more than any memory holds")
        }
        shapes[output] = shape
        return output
    }

    func refusal(_ node: ONNXModel.Node, _ what: String) -> ONNXFlaw {
        let what = what.isEmpty ? "" : " " + what
        return ONNXFlaw("operator \(node.operation) (node \"\(node.name)\")\(what) is not supported", isRefusal: true)
    }

    /// Ends the graph at an output of the file: logits where a fully connected layer comes last, else an embedding.
    func graph(name: String, inputShape: FeatureShape, output: String) throws(ONNXFlaw) -> Graph {
        let value: Value
        switch operands[output] {
        case .features(let features), .probabilities(let features): value = features
        default: throw ONNXFlaw("its output \"\(output)\" is made by no node")
        }
        let last = shape(value)
        guard last.height == 1, last.width == 1 else {
            throw ONNXFlaw("its output \"\(output)\" is a map of features, \(last)", isRefusal: true)
        }
        let isClassifier = classifier?.output == value
        return graph.graph(
            name: name,
            inputShape: inputShape,
            embedding: isClassifier ? classifier?.input ?? value : value,
            logits: isClassifier ? value : nil
        )
    }
}

/// Rows and columns that a Pad node adds.
struct ONNXPadding {
    var top: Int
    var left: Int
    var bottom: Int
    var right: Int
    /// Minus infinity instead of zero.
    var isLowest: Bool
}
