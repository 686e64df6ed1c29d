package import ModelGraph

/// An architecture by its timm name.
package struct Architecture: Sendable {
    package let name: String
    private let configuration: EfficientNetConfiguration

    /// - Parameter name: as in timm's config.json: "efficientnet_b0", "tf_efficientnet_lite0"; a tag behind a dot
    ///   ("tf_efficientnet_b0.ns_jft_in1k") says how the weights were trained, and is ignored.
    package init(named name: String) throws(ArchitectureError) {
        self.name = name
        let untagged = name.prefix { $0 != "." }
        let tensorFlow = untagged.hasPrefix("tf_")
        let plain = tensorFlow ? untagged.dropFirst(3) : untagged
        let family = "efficientnet_"
        guard plain.hasPrefix(family), let variant = EfficientNetVariants.table[String(plain.dropFirst(family.count))]
        else { throw .unknown(name: name, known: Architecture.names) }
        configuration =
            variant.isLite
            ? .lite(variant.scaling, tensorFlow: tensorFlow)
            : .efficientNet(variant.scaling, tensorFlow: tensorFlow)
    }

    /// All names that are known.
    package static var names: [String] {
        EfficientNetVariants.table.keys.sorted().flatMap { ["efficientnet_\($0)", "tf_efficientnet_\($0)"] }
    }

    /// The side in pixels of the input that the published weights were trained for.
    package var nativeResolution: Int { configuration.scaling.resolution }

    /// - Parameter inputShape: channels and size of one image; any size that leaves a pixel after five halvings works.
    package func graph(inputShape: FeatureShape, classCount: Int) -> Graph {
        configuration.graph(name: name, inputShape: inputShape, classCount: classCount)
    }
}

package enum ArchitectureError: Error, CustomStringConvertible {
    case unknown(name: String, known: [String])

    package var description: String {
        switch self {
        case .unknown(let name, let known):
            "architecture \(name) is not supported; known are \(known.joined(separator: ", "))"
        }
    }
}
