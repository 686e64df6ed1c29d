/// Whose names a checkpoint's tensors bear. ResNet and Inception-V3 have one set of names everywhere: timm's.
enum NamingStyle: CaseIterable {
    case timm
    /// torchvision's EfficientNets.
    case torchvision
    /// Transformers' EfficientNets, with a classifier or bare.
    case huggingFace, huggingFaceBare
    /// The package efficientnet_pytorch.
    case efficientNetPyTorch

    /// The style of a checkpoint, told by its first convolution; nil for none of them.
    ///
    /// - Parameter contains: whether there is a tensor of this name.
    init?(where contains: (String) -> Bool) {
        let stems: [(String, NamingStyle)] = [
            ("conv_stem.weight", .timm), ("conv1.weight", .timm), ("Conv2d_1a_3x3.conv.weight", .timm),
            ("features.0.0.weight", .torchvision),
            ("efficientnet.embeddings.convolution.weight", .huggingFace),
            ("embeddings.convolution.weight", .huggingFaceBare),
            ("_conv_stem.weight", .efficientNetPyTorch),
        ]
        guard let style = stems.first(where: { contains($0.0) })?.1 else { return nil }
        self = style
    }

    /// What TensorFlow's habits say of it: this style's networks always, or never, have "SAME" borders; nil for either.
    var isTensorFlow: Bool? {
        switch self {
        case .timm: nil
        case .torchvision: false
        case .huggingFace, .huggingFaceBare, .efficientNetPyTorch: true
        }
    }
}
