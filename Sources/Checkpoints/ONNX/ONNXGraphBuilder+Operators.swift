import ModelGraph

/// The operators of image networks.
extension ONNXGraphBuilder {
    /// Kernels, strides and borders at most.
    private static let sizes = 1...1024
    private static let borders = 0...1024
    /// Features of a concatenation at most.
    private static let joinLimit = 1024

    mutating func add(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        guard ["", "ai.onnx"].contains(node.domain) else {
            throw ONNXFlaw(
                "operator \(node.domain).\(node.operation) (node \"\(node.name)\") is not supported",
                isRefusal: true
            )
        }
        if try addArithmetic(node) { return }
        if try addChannel(node) { return }
        switch node.operation {
        case "Conv": try convolution(node)
        case "BatchNormalization": try batchNormalization(node)
        case "Relu": try activation(node, .relu)
        case "Swish": try activation(node, .swish)
        case "Sigmoid":
            try set(node, .sigmoid(of: try features(node, 0), name: node.name))
        case "Clip": try clip(node)
        case "Add": try sum(node)
        case "Mul": try product(node)
        case "Sub", "Div": try difference(node)
        case "GlobalAveragePool":
            try set(node, .features(try append(.globalAveragePool, [features(node, 0)], name: node.name)))
        case "ReduceMean": try mean(node)
        case "AveragePool", "MaxPool": try pool(node)
        case "Pad": try pad(node)
        case "Concat": try concatenate(node)
        case "Flatten", "Reshape", "Squeeze", "Unsqueeze": try flatten(node)
        case "Identity", "Dropout", "Cast": try set(node, try operand(node, 0))
        case "Softmax": try set(node, .probabilities(try features(node, 0)))
        case "Gemm", "MatMul": try fullyConnected(node)
        default: throw refusal(node, "")
        }
    }

    // MARK: Layers with weights

    private mutating func convolution(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        let (name, weight) = try tensor(node, 1)
        guard weight.shape.count == 4, weight.shape.allSatisfy({ $0 > 0 }), Self.sizes.contains(weight.shape[2]),
            Self.sizes.contains(weight.shape[3])
        else { throw refusal(node, "with weights of shape \(weight.shape)") }
        let window = try window(node, kernel: [weight.shape[2], weight.shape[3]])
        var convolution = Convolution(
            outputChannels: weight.shape[0],
            kernel: weight.shape[2],
            kernelWidth: weight.shape[3],
            stride: window.stride,
            padding: window.padding,
            groups: try integer(node, "group", 1, in: 1...1_000_000),
            weight: name
        )
        let channels = shape(window.input).channels
        guard channels == weight.shape[1] * convolution.groups, weight.shape[0].isMultiple(of: convolution.groups)
        else {
            throw ONNXFlaw(
                "tensor \"\(name)\" has shape \(weight.shape), but node \"\(node.name)\" has \(channels) input channels "
                    + "in \(convolution.groups) groups"
            )
        }
        weights[name] = weight
        if has(node, 2) {
            let (name, bias) = try tensor(node, 2)
            weights[name] = bias
            convolution.bias = name
        }
        let output = try append(.convolution(convolution), [window.input], name: node.name)
        if shape(window.input).height * shape(window.input).width == 1 { classifier = (window.input, output) }
        try set(node, .features(output))
    }

    private mutating func batchNormalization(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        let input = try features(node, 0)
        for (index, suffix) in [".weight", ".bias", ".running_mean", ".running_var"].enumerated() {
            weights[node.name + suffix] = try tensor(node, index + 1).tensor
        }
        let epsilon = Double(number(node, "epsilon", 1e-5))
        let normalization = BatchNormalization(prefix: node.name, epsilon: epsilon)
        try set(node, .features(try append(.batchNormalization(normalization), [input], name: node.name)))
    }

    private mutating func fullyConnected(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        let input = try features(node, 0)
        let (name, weight) = try tensor(node, 1)
        let isGemm = node.operation == "Gemm"
        guard shape(input).height * shape(input).width == 1, weight.shape.count == 2,
            weight.shape.allSatisfy({ $0 > 0 }),
            number(node, "alpha", 1) == 1, number(node, "beta", 1) == 1,
            try integer(node, "transA", 0, in: 0...1) == 0
        else { throw refusal(node, "with weights of shape \(weight.shape)") }
        let isTransposed = try integer(node, "transB", 0, in: 0...1) == 1
        var linear = Convolution(
            outputChannels: isTransposed ? weight.shape[0] : weight.shape[1],
            weight: isTransposed ? name : "\(name).transposed",
            isFullyConnected: true
        )
        guard shape(input).channels == weight.shape[isTransposed ? 1 : 0] else {
            throw ONNXFlaw(
                "tensor \"\(name)\" has shape \(weight.shape), but node \"\(node.name)\" has "
                    + "\(shape(input).channels) input channels"
            )
        }
        if weights[linear.weight] == nil {
            weights[linear.weight] = isTransposed ? weight : try transposed(weight, name: name)
        }
        if isGemm, has(node, 2) {
            let (name, bias) = try tensor(node, 2)
            weights[name] = bias
            linear.bias = name
        }
        let output = try append(.convolution(linear), [input], name: node.name)
        classifier = (input, output)
        try set(node, .features(output))
    }

    private func transposed(_ tensor: Tensor, name: String) throws(ONNXFlaw) -> Tensor {
        guard let floats = tensor.floats() else { throw ONNXFlaw("tensor \"\(name)\" holds no floats") }
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        var result = [Float](repeating: 0, count: floats.count)
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = floats[row * columns + column] }
        }
        return Tensor(shape: [columns, rows], floats: result)
    }

    // MARK: Windows

    /// Kernel, stride and border of a convolution or pool; the border of a Pad before it is taken along.
    private mutating func window(
        _ node: ONNXModel.Node,
        kernel: [Int]
    ) throws(ONNXFlaw) -> (input: Value, stride: Int, padding: Padding, isLowest: Bool) {
        let strides = try integers(node, "strides", [1, 1])
        let dilations = try integers(node, "dilations", [1, 1])
        var pads = try integers(node, "pads", [0, 0, 0, 0])
        guard kernel.count == 2, kernel.allSatisfy(Self.sizes.contains), strides.count == 2, strides[0] == strides[1],
            Self.sizes.contains(strides[0]), pads.count == 4, pads.allSatisfy(Self.borders.contains)
        else { throw refusal(node, "with kernel \(kernel), strides \(strides) and pads \(pads)") }
        guard dilations.allSatisfy({ $0 == 1 }) else { throw refusal(node, "with dilations") }
        var automatic = ""
        if case .text(let text)? = node.attributes["auto_pad"] { automatic = text }
        var isLowest = false
        let input: Value
        if case .padded(let value, let padding) = try operand(node, 0) {
            input = value
            isLowest = padding.isLowest
            pads = zip(pads, [padding.top, padding.left, padding.bottom, padding.right]).map { $0 + $1 }
            guard automatic != "SAME_UPPER" else { throw refusal(node, "with SAME_UPPER behind a Pad") }
        } else {
            input = try features(node, 0)
        }
        switch automatic {
        case "SAME_UPPER": return (input, strides[0], .same, isLowest)
        case "", "NOTSET", "VALID":
            let padding = Padding.explicit(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
            return (input, strides[0], padding, isLowest)
        default: throw refusal(node, "with auto_pad \(automatic)")
        }
    }

    private mutating func pool(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        let isMaximum = node.operation == "MaxPool"
        let kernel = try integers(node, "kernel_shape", [])
        if !isMaximum, kernel.count == 2, case .features(let value) = try operand(node, 0),
            kernel[0] >= shape(value).height, kernel[1] >= shape(value).width,
            try integers(node, "pads", [0, 0, 0, 0]).allSatisfy({ $0 == 0 })
        {
            // The whole picture: larger kernels are cut to it.
            try set(node, .features(try append(.globalAveragePool, [value], name: node.name)))
            return
        }
        let isPadded = if case .padded = try operand(node, 0) { true } else { false }
        let window = try window(node, kernel: kernel)
        guard !isPadded || window.isLowest == isMaximum else { throw refusal(node, "behind a Pad of such numbers") }
        let countsPadding = try integer(node, "count_include_pad", 0, in: 0...1) == 1
        guard countsPadding || !isPadded || isMaximum else { throw refusal(node, "behind a Pad") }
        let pool = Pool(
            isMaximum ? .maximum : .average,
            kernel: kernel[0],
            kernelWidth: kernel[1],
            stride: window.stride,
            padding: window.padding,
            countsPadding: countsPadding
        )
        if try integer(node, "ceil_mode", 0, in: 0...1) == 1 {
            for (extent, kernel, isVertical) in [
                (shape(window.input).height, kernel[0], true), (shape(window.input).width, kernel[1], false),
            ] {
                let border = window.padding.amounts(
                    input: extent,
                    kernel: kernel,
                    stride: window.stride,
                    vertical: isVertical
                )
                guard (extent + border.before + border.after - kernel).isMultiple(of: window.stride) else {
                    throw refusal(node, "with ceil_mode")
                }
            }
        }
        try set(node, .features(try append(.pool(pool), [window.input], name: node.name)))
    }

    private mutating func pad(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        let value = try features(node, 0)
        var mode = "constant"
        if case .text(let text)? = node.attributes["mode"] { mode = text }
        let pads = has(node, 1) ? try array(node, 1)?.integers : try integers(node, "pads", [])
        guard mode == "constant", !has(node, 3), let pads, pads.count == 8,
            [0, 1, 4, 5].allSatisfy({ pads[$0] == 0 }), pads.allSatisfy(Self.borders.contains)
        else { throw refusal(node, "of this kind") }
        let filler = has(node, 2) ? try floats(node, 2).first ?? 0 : number(node, "value", 0)
        guard filler == 0 || filler == -.infinity else { throw refusal(node, "with \(filler)") }
        let padding = ONNXPadding(
            top: pads[2],
            left: pads[3],
            bottom: pads[6],
            right: pads[7],
            isLowest: filler != 0
        )
        try set(node, .padded(value, padding))
    }

    // MARK: Shapes

    private mutating func mean(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        let axes = has(node, 1) ? try array(node, 1)?.integers : try integers(node, "axes", [])
        guard let axes, Set(axes.map { $0 < 0 ? $0 &+ 4 : $0 }) == [2, 3] else {
            throw refusal(node, "over other axes than height and width")
        }
        try set(node, .features(try append(.globalAveragePool, [features(node, 0)], name: node.name)))
    }

    private mutating func concatenate(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        guard try integer(node, "axis", 1, in: -4...4) == 1 else { throw refusal(node, "along another axis") }
        var inputs: [Value] = []
        for index in node.inputs.indices {
            if case .joined(let values, _) = try operand(node, index) {
                inputs += values
            } else {
                inputs.append(try features(node, index))
            }
        }
        guard (1...Self.joinLimit).contains(inputs.count) else { throw refusal(node, "of \(inputs.count) features") }
        try set(node, .joined(inputs, name: node.name))
    }

    /// Pooled features may be written in any shape.
    private mutating func flatten(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        if case .tensor(let name, let tensor) = try operand(node, 0) {
            try set(node, .tensor(name, tensor))
            return
        }
        let input = try features(node, 0)
        guard shape(input).height * shape(input).width == 1 else {
            throw refusal(node, "of a map of features, \(shape(input)),")
        }
        try set(node, .features(input))
    }

    // MARK: Attributes

    func integers(_ node: ONNXModel.Node, _ name: String, _ missing: [Int]) throws(ONNXFlaw) -> [Int] {
        switch node.attributes[name] {
        case nil: return missing
        case .integers(let integers): return integers
        default: throw ONNXFlaw("attribute \(name) of node \"\(node.name)\" is no list of whole numbers")
        }
    }

    func integer(
        _ node: ONNXModel.Node,
        _ name: String,
        _ missing: Int,
        in range: ClosedRange<Int>
    ) throws(ONNXFlaw) -> Int {
        guard let attribute = node.attributes[name] else { return missing }
        guard case .integer(let integer) = attribute, range.contains(integer) else {
            throw ONNXFlaw("attribute \(name) of node \"\(node.name)\" is not possible")
        }
        return integer
    }

    func number(_ node: ONNXModel.Node, _ name: String, _ missing: Float) -> Float {
        guard case .number(let number)? = node.attributes[name] else { return missing }
        return number
    }
}
