internal import KernelInterface
internal import ModelGraph

extension Graph {
    /// The values that a plan may store in bf16: features that only convolutions, pools, averages and scaling in place read
    /// or write. Numbers per channel are few, and stay floats but where they are converted.
    ///
    /// - Parameters:
    ///   - streams: convolutions whose output never exists as a whole.
    ///   - aliases: values that take the place of another.
    ///   - bytes: features that are bytes already.
    func bfloat16Values(
        shapes: [FeatureShape],
        streams: [Value: Node],
        aliases: [Value: Value],
        bytes: ByteFeatures
    ) -> Set<Value> {
        func place(_ value: Value) -> Value { aliases[value] ?? value }
        var values = Set(nodes.map { place($0.output) })
        if isPictureBFloat16(shapes: shapes, bytes: bytes) { values.insert(Graph.input) }
        for value in [embedding, logits].compactMap(\.self) { values.remove(place(value)) }
        // What explains answers stays floats, unless what is added to it, and all before that, would have to as well.
        if let features = explainableFeatures {
            let hasResidual = nodes.contains { $0.output == features && $0.inputs.count > 1 }
            if !hasResidual { values.remove(place(features)) }
        }
        values = values.filter { shapes[$0.index].height * shapes[$0.index].width > 1 && bytes[$0] == nil }

        for node in nodes {
            switch node.operation {
            case .globalAveragePool, .pool: continue
            case .convert where bytes[node.output] == nil:
                values.remove(place(node.inputs[0]))
                values.insert(place(node.output))
            case .scaleChannels where aliases[node.output] != nil: continue
            case .convolution(let convolution):
                let input = node.inputs[0]
                let isDepthwise = convolution.isDepthwise(input: shapes[input.index])
                // Depthwise kernels read floats.
                if isDepthwise && !streams.keys.contains(input) { values.remove(place(input)) }
            default:
                for value in node.inputs + [node.output] { values.remove(place(value)) }
            }
        }
        // A convolution's output and what it adds to it are of one format; each removal can ask for others.
        var count: Int
        repeat {
            count = values.count
            for node in nodes where node.inputs.count > 1 {
                guard case .convolution = node.operation else { continue }
                let pair = [place(node.inputs[1]), place(node.output)]
                if !pair.allSatisfy(values.contains) { values.subtract(pair) }
            }
        } while values.count < count
        return values
    }

    /// Whether the picture may be stored in bf16: three channels in two words, which only products read that write no bytes.
    private func isPictureBFloat16(shapes: [FeatureShape], bytes: ByteFeatures) -> Bool {
        shapes[Graph.input.index].channels == 3 && bytes.picture == nil
            && nodes.filter { $0.inputs.contains(Graph.input) }.allSatisfy {
                $0.isProductOfAllChannels && bytes[$0.output] == nil
            }
    }
}
