package import ModelGraph

extension TimmFolder {
    /// Writes a folder whose integer layers hold 8-bit integers instead of floats, and nothing of the batch
    /// normalisation that is part of their scales and shifts.
    ///
    /// - Parameters:
    ///   - network: as `timmForm` gives it, with weights in floats.
    ///   - integers: of each layer of `quantization`, in the order of the tensor.
    ///   - pictures: how many calibrated the model.
    ///   - path: of the folder, which is made.
    package static func write(
        _ network: Network,
        quantization: Quantization,
        integers: [String: [Int8]],
        pictures: Int,
        labels: [String]?,
        classIdentifiers: [String]?,
        to path: String
    ) throws {
        var quantized = network
        quantized.weights = QuantizationTensors.weights(of: quantization)
        let layers = Dictionary(
            network.graph.nodes.compactMap { node -> (String, [Int8])? in
                guard case .convolution(let convolution) = node.operation else { return nil }
                return integers[node.name].map { (convolution.weight, $0) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        for parameter in try network.graph.parameters(integerLayers: Set(integers.keys)) {
            if parameter.isInteger, let integers = layers[parameter.name], integers.count == parameter.count {
                let bytes = integers.map(UInt8.init(bitPattern:))
                quantized.weights[parameter.name] = Tensor(.int8, shape: parameter.shape, bytes: bytes)
            } else {
                quantized.weights[parameter.name] = network.weights[parameter.name]
            }
        }
        try writeFiles(
            quantized,
            metadata: QuantizationTensors.metadata(of: quantization, pictures: pictures),
            labels: labels,
            classIdentifiers: classIdentifiers,
            to: path
        )
    }
}
