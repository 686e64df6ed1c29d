import ModelGraph

/// One channel of features, scaled and shifted.
struct ONNXChannel {
    var features: Value
    var index: Int
    var scale: Float = 1
    var shift: Float = 0
}

/// What exporters make of code that treats channel by channel, as torchvision's Inception-V3 does with its input: each
/// channel is taken out, scaled and shifted, and all are put together again. Here that is one layer.
extension ONNXGraphBuilder {
    /// - Returns: false for a node that works on whole features.
    mutating func addChannel(_ node: ONNXModel.Node) throws(ONNXFlaw) -> Bool {
        switch node.operation {
        case "Gather": return try takeChannel(node)
        case "Unsqueeze":
            guard let channel = try channel(node, 0) else { return false }
            try set(node, .channel(channel))
        case "Mul", "Add":
            let index = try channel(node, 0) == nil ? 1 : 0
            guard var channel = try channel(node, index) else { return false }
            guard try isFixed(node, 1 - index), let number = try floats(node, 1 - index).only else {
                throw refusal(node, "of a single channel and other features")
            }
            channel.shift = node.operation == "Mul" ? channel.shift * number : channel.shift + number
            if node.operation == "Mul" { channel.scale *= number }
            try set(node, .channel(channel))
        case "Concat": return try joinChannels(node)
        default: return false
        }
        return true
    }

    private func channel(_ node: ONNXModel.Node, _ index: Int) throws(ONNXFlaw) -> ONNXChannel? {
        guard case .channel(let channel) = try operand(node, index) else { return nil }
        return channel
    }

    private mutating func takeChannel(_ node: ONNXModel.Node) throws(ONNXFlaw) -> Bool {
        guard case .features(let value) = try operand(node, 0) else { return false }
        let count = shape(value).channels
        guard case .integer(1)? = node.attributes["axis"], let index = try array(node, 1)?.integers.only,
            (-count..<count).contains(index)
        else { throw refusal(node, "of other than a single channel") }
        try set(node, .channel(ONNXChannel(features: value, index: index < 0 ? index + count : index)))
        return true
    }

    private mutating func joinChannels(_ node: ONNXModel.Node) throws(ONNXFlaw) -> Bool {
        var channels: [ONNXChannel] = []
        for index in node.inputs.indices {
            if let channel = try channel(node, index) { channels.append(channel) }
        }
        guard let features = channels.first?.features else { return false }
        guard channels.count == node.inputs.count, channels.count == shape(features).channels,
            case .integer(1)? = node.attributes["axis"],
            channels.enumerated().allSatisfy({ $1.features == features && $1.index == $0 })
        else { throw refusal(node, "of other than all channels in their order") }
        let affine = ChannelAffine(scale: channels.map(\.scale), shift: channels.map(\.shift))
        try set(node, .features(try append(affine, features, name: node.name)))
        return true
    }
}

extension Array {
    /// The only element; nil for none or several.
    fileprivate var only: Element? { count == 1 ? first : nil }
}
