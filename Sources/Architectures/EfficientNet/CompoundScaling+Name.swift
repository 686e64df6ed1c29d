/// Names of EfficientNets that are scaled as their makers liked: "efficientnet_w1.3_d1.5_r300".
extension CompoundScaling {
    private static let prefix = "efficientnet_w"
    private static let factors = 0.01...10.0
    private static let sides = 1...4096

    /// The architecture's name.
    package var architectureName: String { "\(Self.prefix)\(width)_d\(depth)_r\(resolution)" }

    /// - Parameter name: without "tf_"; the resolution may be missing, then it is that of B0.
    init?(architectureName name: Substring) {
        guard name.hasPrefix(Self.prefix) else { return nil }
        let parts = name.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts[1].first == "d", let width = Double(parts[0]),
            let depth = Double(parts[1].dropFirst()), Self.factors.contains(width), Self.factors.contains(depth)
        else { return nil }
        var resolution = 224
        if parts.count == 3 {
            guard parts[2].first == "r", let side = Int(parts[2].dropFirst()), Self.sides.contains(side) else {
                return nil
            }
            resolution = side
        }
        self.init(width: width, depth: depth, resolution: resolution)
    }
}
