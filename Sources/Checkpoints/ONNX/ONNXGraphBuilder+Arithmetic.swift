import ModelGraph

/// What exporters compute from the picture's size: the borders of "SAME" convolutions, mostly. The size is known here, so
/// these nodes are carried out at once.
extension ONNXGraphBuilder {
    /// - Returns: false for a node that works on features.
    mutating func addArithmetic(_ node: ONNXModel.Node) throws(ONNXFlaw) -> Bool {
        switch node.operation {
        case "Constant": try constant(node)
        case "Shape": try set(node, .array(try sizes(node)))
        default:
            guard let array = try computed(node) else { return false }
            guard array.values.count <= ONNXArray.limit else { throw refusal(node, "of so many numbers") }
            try set(node, .array(array))
        }
        return true
    }

    private mutating func constant(_ node: ONNXModel.Node) throws(ONNXFlaw) {
        for (name, attribute) in node.attributes where name.hasPrefix("value") {
            switch attribute {
            case .tensor(let tensor): try set(node, .tensor(node.outputs.first ?? "", tensor))
            case .integer(let integer):
                try set(node, .array(ONNXArray(shape: [], values: [Double(integer)], isInteger: true)))
            case .integers(let integers): try set(node, .array(ONNXArray(integers)))
            case .number(let number):
                try set(node, .array(ONNXArray(shape: [], values: [Double(number)], isInteger: false)))
            case .numbers(let numbers):
                let values = numbers.map(Double.init)
                try set(node, .array(ONNXArray(shape: [values.count], values: values, isInteger: false)))
            case .text: throw refusal(node, "of a text")
            }
            return
        }
        throw refusal(node, "without a value")
    }

    private func sizes(_ node: ONNXModel.Node) throws(ONNXFlaw) -> ONNXArray {
        switch try operand(node, 0) {
        case .features(let value), .sigmoid(let value, _), .probabilities(let value):
            let shape = shape(value)
            return ONNXArray([1, shape.channels, shape.height, shape.width])
        case .joined(let values, _):
            let shape = shape(values[0])
            return ONNXArray([1, values.reduce(0) { $0 + self.shape($1).channels }, shape.height, shape.width])
        case .tensor(_, let tensor): return ONNXArray(tensor.shape)
        case .array(let array): return ONNXArray(array.shape)
        case .padded: throw refusal(node, "behind a Pad")
        case .channel: throw refusal(node, "of a single channel")
        }
    }

    /// The result of a node whose inputs are all numbers that are known; nil for other nodes.
    private func computed(_ node: ONNXModel.Node) throws(ONNXFlaw) -> ONNXArray? {
        guard let first = node.inputs.first, !first.isEmpty else { return nil }
        var inputs: [ONNXArray?] = []
        for index in node.inputs.indices {
            guard has(node, index) else {
                inputs.append(nil)
                continue
            }
            guard let array = try array(node, index) else { return nil }
            inputs.append(array)
        }
        func input(_ index: Int) throws(ONNXFlaw) -> ONNXArray {
            guard inputs.indices.contains(index), let array = inputs[index] else {
                throw ONNXFlaw("node \"\(node.name)\" lacks input \(index)")
            }
            return array
        }
        func checked(_ array: ONNXArray?) throws(ONNXFlaw) -> ONNXArray {
            guard let array else { throw refusal(node, "of such sizes") }
            return array
        }
        switch node.operation {
        case "Add": return try checked(input(0).combined(with: input(1), +))
        case "Sub": return try checked(input(0).combined(with: input(1), -))
        case "Mul": return try checked(input(0).combined(with: input(1), *))
        case "Div": return try checked(input(0).combined(with: input(1), /))
        case "Max": return try checked(input(0).combined(with: input(1), Swift.max))
        case "Min": return try checked(input(0).combined(with: input(1), Swift.min))
        case "Ceil": return try input(0).mapped { $0.rounded(.up) }
        case "Floor": return try input(0).mapped { $0.rounded(.down) }
        case "Clip":
            let lowest = inputs.count > 1 ? inputs[1]?.values.first : nil
            let highest = inputs.count > 2 ? inputs[2]?.values.first : nil
            return try input(0).mapped { Swift.min(Swift.max($0, lowest ?? -.infinity), highest ?? .infinity) }
        case "Cast":
            // 6 and 7 are the types of whole numbers.
            var isInteger = false
            if case .integer(let type)? = node.attributes["to"] { isInteger = type == 6 || type == 7 }
            var result = try input(0)
            if isInteger { result = result.mapped { $0.rounded(.towardZero) } }
            result.isInteger = isInteger
            return result
        case "Gather": return try checked(input(0).gathered(input(1)))
        case "Unsqueeze", "Squeeze":
            var result = try input(0)
            guard result.values.count == 1 || result.shape.count < 2 else { return nil }
            result.shape = node.operation == "Squeeze" && result.values.count == 1 ? [] : [result.values.count]
            return result
        case "Concat":
            let arrays = inputs.compactMap(\.self)
            let count = arrays.reduce(0) { min($0 + $1.values.count, ONNXArray.limit + 1) }
            guard count <= ONNXArray.limit else { throw refusal(node, "of so many numbers") }
            return ONNXArray(
                shape: [arrays.reduce(0) { $0 + $1.values.count }],
                values: arrays.flatMap(\.values),
                isInteger: arrays.allSatisfy(\.isInteger)
            )
        case "ConstantOfShape":
            let sizes = try input(0).integers
            let count = sizes.reduce(1) { min($0 * min(max($1, 0), ONNXArray.limit + 1), ONNXArray.limit + 1) }
            guard count <= ONNXArray.limit, sizes.allSatisfy({ (0...ONNXArray.limit).contains($0) }) else {
                throw refusal(node, "of so many numbers")
            }
            var filler = ONNXArray(shape: [1], values: [0], isInteger: false)
            if case .tensor(let tensor)? = node.attributes["value"], let given = ONNXArray(tensor) { filler = given }
            let number = filler.values.first ?? 0
            return ONNXArray(
                shape: sizes,
                values: [Double](repeating: number, count: count),
                isInteger: filler.isInteger
            )
        case "Reshape": return try checked(input(0).reshaped(input(1).integers))
        case "Transpose": return try checked(input(0).transposed())
        case "Slice":
            let axis = inputs.count > 3 ? inputs[3]?.integers.first ?? 0 : 0
            let step = inputs.count > 4 ? inputs[4]?.integers.first ?? 1 : 1
            guard axis == 0, let start = try input(1).integers.first, let end = try input(2).integers.first else {
                throw refusal(node, "of such sizes")
            }
            return try checked(input(0).sliced(start: start, end: end, step: step))
        default: return nil
        }
    }
}
