import ModelGraph

/// Operators that work element by element.
extension ONNXGraphBuilder {
    mutating func activation(_ node: ONNXModel.Node, _ function: ActivationFunction) throws(ONNXFlaw) {
        guard number(node, "alpha", 1) == 1 else { throw refusal(node, "with an alpha") }
        try set(node, .features(try append(.activation(function), [features(node, 0)], name: node.name)))
    }

    mutating func clip(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        let lowest = has(node, 1) ? try floats(node, 1).first : number(node, "min", -.infinity)
        let highest = has(node, 2) ? try floats(node, 2).first : number(node, "max", .infinity)
        switch (lowest, highest) {
        case (0, 6): try activation(node, .relu6)
        case (0, .some(let bound)) where bound >= .greatestFiniteMagnitude: try activation(node, .relu)
        default: throw refusal(node, "to other bounds than 0 and 6")
        }
    }

    mutating func sum(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        for (index, other) in [(0, 1), (1, 0)] where try isFixed(node, other) {
            let shift = try numbers(node, other, of: features(node, index))
            try affine(node, index, scale: shift.map { _ in 1 }, shift: shift)
            return
        }
        let inputs = [try features(node, 0), try features(node, 1)]
        guard shape(inputs[0]) == shape(inputs[1]) else {
            throw refusal(node, "of shapes \(shape(inputs[0])) and \(shape(inputs[1]))")
        }
        try set(node, .features(try append(.add, inputs, name: node.name)))
    }

    /// A swish, channels times their factors, or fixed factors.
    mutating func product(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        for (index, other) in [(0, 1), (1, 0)] {
            if try isFixed(node, other) {
                let scale = try numbers(node, other, of: features(node, index))
                try affine(node, index, scale: scale, shift: scale.map { _ in 0 })
                return
            }
            if case .features(let value) = try operand(node, index),
                case .sigmoid(let argument, _) = try operand(node, other), argument == value
            {
                try set(node, .features(try append(.activation(.swish), [value], name: node.name)))
                return
            }
        }
        var inputs = [try features(node, 0), try features(node, 1)]
        if shape(inputs[1]).height * shape(inputs[1]).width > 1 { inputs.reverse() }
        guard shape(inputs[1]).height * shape(inputs[1]).width == 1,
            shape(inputs[0]).channels == shape(inputs[1]).channels
        else { throw refusal(node, "of shapes \(shape(inputs[0])) and \(shape(inputs[1]))") }
        try set(node, .features(try append(.scaleChannels, inputs, name: node.name)))
    }

    func isFixed(_ node: ONNXModel.Node, _ index: Int) throws(ONNXFlaw) -> Bool {
        switch try operand(node, index) {
        case .tensor, .array: true
        default: false
        }
    }

    /// Features less, or divided by, fixed numbers: how networks normalise their input.
    mutating func difference(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        guard try isFixed(node, 1) else { throw refusal(node, "by features") }
        let numbers = try numbers(node, 1, of: features(node, 0))
        if node.operation == "Sub" {
            try affine(node, 0, scale: numbers.map { _ in 1 }, shift: numbers.map(-))
        } else {
            try affine(node, 0, scale: numbers.map { 1 / $0 }, shift: numbers.map { _ in 0 })
        }
    }

    /// Fixed numbers, one for each channel of features; in the file one may stand for all.
    private func numbers(
        _ node: ONNXModel.Node,
        _ index: Int,
        of features: Value
    ) throws(ONNXFlaw) -> [Float] {
        let (numbers, features) = (try floats(node, index), shape(features))
        if numbers.count == 1 { return [Float](repeating: numbers[0], count: features.channels) }
        let shape: [Int] =
            switch try operand(node, index) {
            case .tensor(_, let tensor): tensor.shape
            case .array(let array): array.shape
            default: []
            }
        let isPooled = features.height * features.width == 1
        let own = shape.drop { $0 == 1 }
        guard numbers.count == features.channels,
            own.elementsEqual([numbers.count, 1, 1]) || (isPooled && own.elementsEqual([numbers.count]))
        else { throw refusal(node, "with numbers of shape \(shape) for features of \(features)") }
        return numbers
    }

    private mutating func affine(
        _ node: ONNXModel.Node,
        _ index: Int,
        scale: [Float],
        shift: [Float]
    ) throws(ONNXFlaw) {
        let input = try features(node, index)
        let output = try append(ChannelAffine(scale: scale, shift: shift), input, name: node.name)
        if let last = classifier, last.output == input { classifier = (last.input, output) }
        try set(node, .features(output))
    }
}
