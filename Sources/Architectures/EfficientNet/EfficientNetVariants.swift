/// The published members of the family: what compound scaling was set to, and how the input was cropped.
enum EfficientNetVariants {
    struct Variant {
        var scaling: CompoundScaling
        var isLite: Bool
    }

    /// By the name without timm's prefixes: "b0", "lite0".
    static let table: [String: Variant] = {
        let swish: [(String, Double, Double, Int)] = [
            ("b0", 1.0, 1.0, 224), ("b1", 1.0, 1.1, 240), ("b2", 1.1, 1.2, 260), ("b3", 1.2, 1.4, 300),
            ("b4", 1.4, 1.8, 380), ("b5", 1.6, 2.2, 456), ("b6", 1.8, 2.6, 528), ("b7", 2.0, 3.1, 600),
            ("b8", 2.2, 3.6, 672), ("l2", 4.3, 5.3, 800),
        ]
        let lite: [(String, Double, Double, Int)] = [
            ("lite0", 1.0, 1.0, 224), ("lite1", 1.0, 1.1, 240), ("lite2", 1.1, 1.2, 260),
            ("lite3", 1.2, 1.4, 300), ("lite4", 1.4, 1.8, 380),
        ]
        var table: [String: Variant] = [:]
        for (rows, isLite) in [(swish, false), (lite, true)] {
            for (name, width, depth, resolution) in rows {
                let scaling = CompoundScaling(width: width, depth: depth, resolution: resolution)
                table[name] = Variant(scaling: scaling, isLite: isLite)
            }
        }
        return table
    }()
}
