/// What the authors published for their weights on ImageNet's validation set: the share, in percent, of pictures whose
/// first answer is right. Nothing here was measured with this program.
enum PublishedAccuracy {
    /// By the name without "tf_". EfficientNet and the networks that it is compared with: the paper's table 2; ResNet-18,
    /// 34 and 101: torchvision; B8: with AdvProp; L2: Noisy Student; Lite, EdgeTPU and V2: the authors' repositories; rw:
    /// timm.
    static let top1: [String: Double] = [
        "efficientnet_b0": 77.1, "efficientnet_b1": 79.1, "efficientnet_b2": 80.1, "efficientnet_b3": 81.6,
        "efficientnet_b4": 82.9, "efficientnet_b5": 83.6, "efficientnet_b6": 84.0, "efficientnet_b7": 84.3,
        "efficientnet_b8": 85.4, "efficientnet_l2": 88.4,
        "efficientnet_lite0": 75.1, "efficientnet_lite1": 76.7, "efficientnet_lite2": 77.6,
        "efficientnet_lite3": 79.8, "efficientnet_lite4": 81.5,
        "efficientnet_es": 77.2, "efficientnet_em": 78.7, "efficientnet_el": 80.6,
        "efficientnetv2_b0": 78.7, "efficientnetv2_b1": 79.8, "efficientnetv2_b2": 80.5, "efficientnetv2_b3": 82.1,
        "efficientnetv2_s": 83.9, "efficientnetv2_m": 85.2, "efficientnetv2_l": 85.7, "efficientnetv2_xl": 87.2,
        "efficientnetv2_rw_t": 82.3, "efficientnetv2_rw_s": 83.8, "efficientnetv2_rw_m": 84.8,
        "resnet18": 69.8, "resnet34": 73.3, "resnet50": 76.0, "resnet101": 77.4, "resnet152": 77.8,
        "inception_v3": 78.8,
    ]
}

extension Architecture {
    /// The published ImageNet top-1 accuracy in percent; nil where there is none.
    package var publishedTop1: Double? {
        let name = name.prefix { $0 != "." }
        return PublishedAccuracy.top1[String(name.hasPrefix("tf_") ? name.dropFirst(3) : name)]
    }
}
