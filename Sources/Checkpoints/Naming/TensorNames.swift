import Architectures

/// Turns timm's tensor names, which graphs use, into those of another style.
struct TensorNames {
    let style: NamingStyle
    /// For EfficientNets: the kind of each stage's blocks, and how many blocks stand before the stage.
    private let stages: [(block: EfficientNetConfiguration.Stage.Block, first: Int)]

    init(_ style: NamingStyle, configuration: EfficientNetConfiguration?) {
        self.style = style
        var first = 0
        stages = (configuration?.scaledStages ?? []).map { stage in
            defer { first += stage.repeats }
            return (stage.block, first)
        }
    }

    /// A part of a block, whatever it is called.
    private enum Part {
        case expansion, expansionNorm, depthwise, depthwiseNorm, reduce, expand, projection, projectionNorm
    }

    /// What the checkpoint calls a tensor.
    ///
    /// - Parameter name: timm's.
    func callAsFunction(_ name: String) -> String {
        guard style != .timm, let dot = name.lastIndex(of: ".") else { return name }
        return layer(String(name[..<dot])) + name[dot...]
    }

    private func layer(_ name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 3).map(String.init)
        guard parts.count == 4, parts[0] == "blocks", let stage = Int(parts[1]), let block = Int(parts[2]),
            stages.indices.contains(stage), let part = part(parts[3], of: stages[stage].block)
        else { return end(name) }
        switch style {
        case .timm: return name
        case .torchvision: return "features.\(stage + 1).\(block).block.\(torchvision(part, stages[stage].block))"
        case .huggingFace, .huggingFaceBare:
            return "\(huggingFacePrefix)encoder.blocks.\(stages[stage].first + block).\(huggingFace(part))"
        case .efficientNetPyTorch:
            return "_blocks.\(stages[stage].first + block)._\(efficientNetPyTorch(part))"
        }
    }

    private var huggingFacePrefix: String { style == .huggingFaceBare ? "" : "efficientnet." }

    /// Stem, head and classifier.
    private func end(_ name: String) -> String {
        let names: [String: String]
        switch style {
        case .timm: return name
        case .torchvision:
            let head = "features.\(stages.count + 1)"
            names = [
                "conv_stem": "features.0.0", "bn1": "features.0.1", "conv_head": "\(head).0", "bn2": "\(head).1",
                "classifier": "classifier.1",
            ]
        case .huggingFace, .huggingFaceBare:
            names = [
                "conv_stem": "\(huggingFacePrefix)embeddings.convolution",
                "bn1": "\(huggingFacePrefix)embeddings.batchnorm",
                "conv_head": "\(huggingFacePrefix)encoder.top_conv",
                "bn2": "\(huggingFacePrefix)encoder.top_bn",
            ]
        case .efficientNetPyTorch:
            names = [
                "conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc",
            ]
        }
        return names[name] ?? name
    }

    /// timm counts the batch norms of a block in their order.
    private func part(_ name: String, of block: EfficientNetConfiguration.Stage.Block) -> Part? {
        let norms: [Part] =
            switch block {
            case .convolution: [.expansionNorm]
            case .depthwiseSeparable: [.depthwiseNorm, .projectionNorm]
            case .invertedResidual: [.expansionNorm, .depthwiseNorm, .projectionNorm]
            case .fused: [.expansionNorm, .projectionNorm]
            }
        switch name {
        case "conv", "conv_exp": return .expansion
        case "conv_pw": return block == .depthwiseSeparable ? .projection : .expansion
        case "conv_dw": return .depthwise
        case "conv_pwl": return .projection
        case "se.conv_reduce": return .reduce
        case "se.conv_expand": return .expand
        default:
            guard name.hasPrefix("bn"), let number = Int(name.dropFirst(2)), norms.indices.contains(number - 1) else {
                return nil
            }
            return norms[number - 1]
        }
    }

    /// Layers are numbered: expansion, depthwise convolution, squeeze-and-excitation, projection, as far as they exist.
    private func torchvision(_ part: Part, _ block: EfficientNetConfiguration.Stage.Block) -> String {
        let places: [Part: Int] =
            switch block {
            case .convolution, .fused: [.expansion: 0, .expansionNorm: 0, .projection: 1, .projectionNorm: 1]
            case .depthwiseSeparable:
                [.depthwise: 0, .depthwiseNorm: 0, .reduce: 1, .expand: 1, .projection: 2, .projectionNorm: 2]
            case .invertedResidual:
                [
                    .expansion: 0, .expansionNorm: 0, .depthwise: 1, .depthwiseNorm: 1, .reduce: 2, .expand: 2,
                    .projection: 3, .projectionNorm: 3,
                ]
            }
        let kind =
            switch part {
            case .expansion, .depthwise, .projection: "0"
            case .expansionNorm, .depthwiseNorm, .projectionNorm: "1"
            case .reduce: "fc1"
            case .expand: "fc2"
            }
        return "\(places[part] ?? 0).\(kind)"
    }

    private func huggingFace(_ part: Part) -> String {
        switch part {
        case .expansion: "expansion.expand_conv"
        case .expansionNorm: "expansion.expand_bn"
        case .depthwise: "depthwise_conv.depthwise_conv"
        case .depthwiseNorm: "depthwise_conv.depthwise_norm"
        case .reduce: "squeeze_excite.reduce"
        case .expand: "squeeze_excite.expand"
        case .projection: "projection.project_conv"
        case .projectionNorm: "projection.project_bn"
        }
    }

    private func efficientNetPyTorch(_ part: Part) -> String {
        switch part {
        case .expansion: "expand_conv"
        case .expansionNorm: "bn0"
        case .depthwise: "depthwise_conv"
        case .depthwiseNorm: "bn1"
        case .reduce: "se_reduce"
        case .expand: "se_expand"
        case .projection: "project_conv"
        case .projectionNorm: "bn2"
        }
    }
}
