package import ModelGraph

extension Checkpoint {
    /// How the checkpoint's network is mapped to 8 bits: as its own tensors say, or else `quantization.safetensors`
    /// beside them; nil where neither does.
    package func quantization(of network: Network) throws(CheckpointError) -> Quantization? {
        if let own = network.quantization { return own }
        return try QuantizationFile.read(besideModel: path, for: network.graph)
    }

    /// How the tensors themselves are mapped to 8 bits; nil for a checkpoint of floats.
    func ownQuantization(for graph: Graph) throws(CheckpointError) -> Quantization? {
        guard try QuantizationTensors.areStated(in: metadata, path: path) else { return nil }
        return try QuantizationTensors(path: path, weights: weights).quantization(for: graph)
    }
}
