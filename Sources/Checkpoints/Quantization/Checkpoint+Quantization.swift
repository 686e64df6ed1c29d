package import ModelGraph

extension Checkpoint {
    /// Whether something says how the checkpoint's network is mapped to 8 bits, right or wrong.
    package func isQuantized(_ network: Network) -> Bool {
        network.quantization != nil || QuantizationFile.exists(besideModel: path)
    }

    /// How the checkpoint's network is mapped to 8 bits: as its own tensors say, or else `quantization.safetensors`
    /// beside them; nil where neither does.
    package func quantization(of network: Network) throws(CheckpointError) -> Quantization? {
        if let own = network.quantization { return own }
        return try QuantizationFile.read(besideModel: path, for: network.graph)
    }

    /// How the tensors themselves are mapped to 8 bits; nil for a checkpoint of floats.
    func ownQuantization(for graph: Graph) throws(CheckpointError) -> Quantization? {
        let tensors = QuantizationTensors(path: path, weights: weights, metadata: metadata)
        return try tensors.areStated() ? tensors.quantization(for: graph) : nil
    }
}
