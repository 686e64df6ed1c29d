package import ModelGraph

/// `quantization.safetensors` beside a model's weights: the scales with which the model runs in int8.
package enum QuantizationFile {
    static let name = "quantization.safetensors"

    package static func path(ofModel model: String) -> String {
        "\(ModelPath.folder(ofModel: model))/\(name)"
    }

    /// - Parameters:
    ///   - pictures: how many calibrated the model.
    ///   - model: its folder, or a file of weights in it.
    package static func write(
        _ quantization: Quantization,
        pictures: Int,
        besideModel model: String
    ) throws(CheckpointError) {
        try SafetensorsWriter.write(
            QuantizationTensors.weights(of: quantization),
            metadata: QuantizationTensors.metadata(of: quantization, pictures: pictures),
            to: path(ofModel: model)
        )
    }

    package static func exists(besideModel model: String) -> Bool {
        ModelPath.kind(of: path(ofModel: model)) == .file
    }

    /// - Returns: nil where there is no such file.
    package static func read(besideModel model: String, for graph: Graph) throws(CheckpointError) -> Quantization? {
        guard exists(besideModel: model) else { return nil }
        let path = path(ofModel: model)
        return try quantization(in: SafetensorsFile(path: path), path: path, for: graph)
    }

    /// What a file's tensors say, checked against a graph.
    ///
    /// - Parameter path: what errors name.
    package static func quantization(
        in file: SafetensorsFile,
        path: String,
        for graph: Graph
    ) throws(CheckpointError) -> Quantization {
        let tensors = QuantizationTensors(path: path, weights: file.weights, metadata: file.metadata)
        guard try tensors.areStated() else {
            throw tensors.flaw(.malformed, "its metadata does not say that it holds scales for 8 bits")
        }
        let others = file.weights.names.filter { !QuantizationTensors.isOne($0) } + file.unsupportedTypes.keys.sorted()
        if let other = others.first { throw tensors.flaw(.malformed, "it holds a tensor \(other), which is no scale") }
        return try tensors.quantization(for: graph)
    }
}
