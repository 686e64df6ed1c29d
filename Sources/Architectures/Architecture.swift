package import ModelGraph

/// An architecture by its timm name.
package struct Architecture: Sendable {
    private enum Family: Sendable {
        case efficientNet(EfficientNetConfiguration)
        case resNet(ResNetConfiguration)
        case inceptionV3
    }

    package let name: String
    /// What pictures become where a checkpoint does not say: the habits of the published weights.
    package let transform: ImageTransform
    private let family: Family

    /// - Parameter name: as in timm's config.json: "efficientnet_b0", "tf_efficientnet_lite0"; a tag behind a dot
    ///   ("tf_efficientnet_b0.ns_jft_in1k") says how the weights were trained, and is ignored. Own scaling is named by
    ///   its factors: "efficientnet_w1.3_d1.5_r300".
    package init(named name: String) throws(ArchitectureError) {
        let isTensorFlow = name.hasPrefix("tf_")
        if let known = Architecture.table[String(name.prefix { $0 != "." })] {
            self.init(name: name, family: known.family, transform: known.transform)
        } else if let scaling = CompoundScaling(architectureName: name.dropFirst(isTensorFlow ? 3 : 0)) {
            let configuration = EfficientNetConfiguration.efficientNet(scaling)
            self.init(name: name, configuration: isTensorFlow ? configuration.tensorFlow : configuration)
        } else {
            throw .unknown(name: name, known: Architecture.names)
        }
    }

    /// An EfficientNet that is in no table.
    package init(name: String, configuration: EfficientNetConfiguration, transform: ImageTransform? = nil) {
        self.init(
            name: name,
            family: .efficientNet(configuration),
            transform: transform ?? .imageNet(side: configuration.scaling.resolution, cropFraction: 0.875)
        )
    }

    private init(name: String, family: Family, transform: ImageTransform) {
        self.name = name
        self.family = family
        self.transform = transform
    }

    /// What makes it a member of the EfficientNet family; nil for the others.
    package var efficientNet: EfficientNetConfiguration? {
        guard case .efficientNet(let configuration) = family else { return nil }
        return configuration
    }

    /// - Parameters:
    ///   - inputShape: channels and size of one image; any size that leaves a pixel at the end works.
    ///   - classCount: zero leaves the classifier out.
    package func graph(inputShape: FeatureShape, classCount: Int) -> Graph {
        switch family {
        case .efficientNet(let configuration):
            configuration.graph(name: name, inputShape: inputShape, classCount: classCount)
        case .resNet(let configuration):
            configuration.graph(name: name, inputShape: inputShape, classCount: classCount)
        case .inceptionV3: InceptionV3.graph(name: name, inputShape: inputShape, classCount: classCount)
        }
    }

    /// The name of the classifier's layer.
    package var classifier: String {
        efficientNet == nil ? "fc" : "classifier"
    }

    /// The name of the first convolution, which reads the picture.
    package var stem: String {
        switch family {
        case .efficientNet: "conv_stem"
        case .resNet: "conv1"
        case .inceptionV3: "Conv2d_1a_3x3.conv"
        }
    }
}

extension Architecture {
    /// All names that are known, related ones side by side.
    package static let names: [String] = members.map(\.name)

    private static let table = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0) })

    private static let members: [Architecture] = {
        var members: [Architecture] = []
        for variant in EfficientNetVariants.all {
            let side = variant.configuration.scaling.resolution
            let transform = ImageTransform.imageNet(side: side, cropFraction: variant.cropFraction)
            if variant.origin != .tensorFlow {
                members.append(
                    Architecture(
                        name: variant.name,
                        family: .efficientNet(variant.configuration),
                        transform: transform
                    )
                )
            }
            if variant.origin != .pyTorch {
                members.append(
                    Architecture(
                        name: "tf_\(variant.name)",
                        family: .efficientNet(variant.configuration.tensorFlow),
                        transform: variant.usesUnitRange ? transform.withUnitRange : transform
                    )
                )
            }
        }
        for (depth, configuration) in ResNetConfiguration.table {
            let transform = ImageTransform.imageNet(side: 224, cropFraction: 0.875)
            members.append(
                Architecture(name: "resnet\(depth)", family: .resNet(configuration), transform: transform)
            )
        }
        let transform = ImageTransform.imageNet(side: 299, cropFraction: 0.875).withUnitRange
        members.append(Architecture(name: "inception_v3", family: .inceptionV3, transform: transform))
        return members
    }()
}

extension ImageTransform {
    /// Three channels with the mean and deviation of ImageNet's pictures.
    fileprivate static func imageNet(side: Int, cropFraction: Double) -> ImageTransform {
        ImageTransform(
            width: side,
            height: side,
            cropFraction: cropFraction,
            mean: [0.485, 0.456, 0.406],
            standardDeviation: [0.229, 0.224, 0.225]
        )
    }

    /// The same with pixels in −1…1.
    fileprivate var withUnitRange: ImageTransform {
        var transform = self
        transform.mean = [0.5, 0.5, 0.5]
        transform.standardDeviation = [0.5, 0.5, 0.5]
        return transform
    }
}

package enum ArchitectureError: Error, CustomStringConvertible {
    case unknown(name: String, known: [String])

    package var description: String {
        switch self {
        case .unknown(let name, let known):
            "architecture \(name) is not supported; known are \(known.joined(separator: ", ")). A network of another name "
                + "may run as an ONNX file"
        }
    }
}
