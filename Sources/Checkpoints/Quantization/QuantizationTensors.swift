import ModelGraph

/// How a model is mapped to 8 bits, as tensors of a safetensors file.
///
/// For each value that is stored in 8 bits `<node>.output_scale` (F32, one number) and `<node>.output_zero` (U8, one
/// number); for each layer that multiplies integers `<node>.weight_scale` and `<node>.shift` (F32, one number an output
/// channel). The file's metadata says that they are there, and what the other layers compute in.
struct QuantizationTensors {
    private static let versionKey = "effnet_quantization"
    private static let picturesKey = "calibration_pictures"
    private static let wideFormatKey = "wide_layers"
    private static let version = "1"

    private enum Suffix: String, CaseIterable {
        case outputScale = ".output_scale"
        case outputZero = ".output_zero"
        case weightScale = ".weight_scale"
        case shift = ".shift"
    }

    /// The file that errors name.
    let path: String
    let weights: Weights
    /// Of the file.
    let metadata: [String: String]

    /// - Parameter pictures: how many calibrated the model.
    static func metadata(of quantization: Quantization, pictures: Int) -> [String: String] {
        [
            "format": "pt", versionKey: version, picturesKey: String(pictures),
            wideFormatKey: quantization.wideFormat.rawValue,
        ]
    }

    /// Whether the metadata says that the file holds such tensors.
    ///
    /// - Throws: `CheckpointError` if they are of a version that is not known.
    func areStated() throws(CheckpointError) -> Bool {
        guard let version = metadata[Self.versionKey] else { return false }
        guard version == Self.version else {
            throw CheckpointError(
                .unsupported,
                path: path,
                problem: "its scales for 8 bits are of version \(version), and version \(Self.version) is read",
                remedy: "Make it anew with effnet quantize, or use a newer effnet"
            )
        }
        return true
    }

    static func weights(of quantization: Quantization) -> Weights {
        var weights = Weights()
        for (name, features) in quantization.features {
            weights[name + Suffix.outputScale.rawValue] = Tensor(shape: [1], floats: [features.scale])
            weights[name + Suffix.outputZero.rawValue] = Tensor(.uint8, shape: [1], bytes: [features.zero])
        }
        for (name, layer) in quantization.layers {
            weights[name + Suffix.weightScale.rawValue] = Tensor(shape: [layer.scales.count], floats: layer.scales)
            weights[name + Suffix.shift.rawValue] = Tensor(shape: [layer.shifts.count], floats: layer.shifts)
        }
        return weights
    }

    /// Whether a tensor's name is one of these.
    static func isOne(_ name: String) -> Bool {
        Suffix.allCases.contains { name.hasSuffix($0.rawValue) }
    }

    /// Reads the tensors of these names, and checks them against a graph.
    func quantization(for graph: Graph) throws(CheckpointError) -> Quantization {
        let nodes = Dictionary(graph.nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var quantization = Quantization(wideFormat: try wideFormat())
        for name in weights.names {
            guard let suffix = Suffix.allCases.first(where: { name.hasSuffix($0.rawValue) }) else { continue }
            let layer = String(name.dropLast(suffix.rawValue.count))
            guard let node = nodes[layer] else {
                throw flaw(.inconsistent, "tensor \(name) is of no layer of this model")
            }
            switch suffix {
            case .outputScale: quantization.features[layer] = try features(layer)
            case .weightScale:
                guard case .convolution(let convolution) = node.operation else {
                    throw flaw(.inconsistent, "tensor \(name) is of no convolution of this model")
                }
                quantization.layers[layer] = Quantization.Layer(
                    scales: try scales(name, count: convolution.outputChannels),
                    shifts: try floats(layer + Suffix.shift.rawValue, count: convolution.outputChannels)
                )
            // Each comes with a scale.
            case .outputZero: _ = try tensor(layer + Suffix.outputScale.rawValue)
            case .shift: _ = try tensor(layer + Suffix.weightScale.rawValue)
            }
        }
        return quantization
    }

    /// Files of before there was a choice do not say it.
    private func wideFormat() throws(CheckpointError) -> Quantization.WideFormat {
        guard let name = metadata[Self.wideFormatKey] else { return .bf16 }
        guard let format = Quantization.WideFormat(rawValue: name) else {
            throw flaw(.unsupported, "its layers that multiply no integers are to compute in \(name), not bf16 or fp32")
        }
        return format
    }

    private func features(_ layer: String) throws(CheckpointError) -> Quantization.Features {
        let name = layer + Suffix.outputZero.rawValue
        let zero = try tensor(name)
        guard zero.elementType == .uint8, zero.shape == [1] else {
            throw flaw(.malformed, "tensor \(name) is not one U8 number")
        }
        return Quantization.Features(
            scale: try scales(layer + Suffix.outputScale.rawValue, count: 1)[0],
            zero: zero.withUnsafeBytes { $0[0] }
        )
    }

    private func scales(_ name: String, count: Int) throws(CheckpointError) -> [Float] {
        let scales = try floats(name, count: count)
        guard scales.allSatisfy({ $0.isNormal && $0 > 0 }) else {
            throw flaw(.malformed, "tensor \(name) holds numbers that are no scales: they must be above zero")
        }
        return scales
    }

    private func floats(_ name: String, count: Int) throws(CheckpointError) -> [Float] {
        let tensor = try tensor(name)
        guard tensor.elementType == .float32, tensor.shape == [count], let floats = tensor.floats() else {
            throw flaw(
                .inconsistent,
                "tensor \(name) holds \(tensor.elementType.rawValue) numbers of shape \(tensor.shape), but \(count) of "
                    + "float32 are needed"
            )
        }
        guard floats.allSatisfy(\.isFinite) else { throw flaw(.malformed, "tensor \(name) is not finite") }
        return floats
    }

    private func tensor(_ name: String) throws(CheckpointError) -> Tensor {
        guard let tensor = weights[name] else { throw flaw(.inconsistent, "tensor \(name) is missing") }
        return tensor
    }

    func flaw(_ kind: CheckpointError.Kind, _ problem: String) -> CheckpointError {
        CheckpointError(kind, path: path, problem: problem, remedy: "Make the file anew with effnet quantize")
    }
}
