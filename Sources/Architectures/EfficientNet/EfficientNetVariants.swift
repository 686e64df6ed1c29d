/// The published members of the family: what was scaled, by how much, and how their input is cropped.
enum EfficientNetVariants {
    /// Whose habits the published weights follow.
    enum Origin {
        /// Trained in PyTorch, and named without a prefix.
        case pyTorch
        /// Ported from TensorFlow, and named with the prefix "tf_".
        case tensorFlow
        case both
    }

    struct Variant {
        /// Without "tf_".
        var name: String
        var configuration: EfficientNetConfiguration
        var cropFraction: Double
        var origin = Origin.both
        /// Whether TensorFlow's weights see pixels in −1…1, instead of ImageNet's mean and deviation.
        var usesUnitRange = false
    }

    static let all = scaled + lite + edge + v2Base + v2 + [test]

    /// Name, width, depth, resolution, crop.
    private typealias Row = (String, Double, Double, Int, Double)

    private static func variant(
        _ prefix: String,
        _ row: Row,
        _ configuration: (CompoundScaling) -> EfficientNetConfiguration
    ) -> Variant {
        let scaling = CompoundScaling(width: row.1, depth: row.2, resolution: row.3)
        return Variant(name: prefix + row.0, configuration: configuration(scaling), cropFraction: row.4)
    }

    private static let scaled: [Variant] = {
        let rows: [Row] = [
            ("b0", 1.0, 1.0, 224, 0.875), ("b1", 1.0, 1.1, 240, 0.882), ("b2", 1.1, 1.2, 260, 0.89),
            ("b3", 1.2, 1.4, 300, 0.904), ("b4", 1.4, 1.8, 380, 0.922), ("b5", 1.6, 2.2, 456, 0.934),
            ("b6", 1.8, 2.6, 528, 0.942), ("b7", 2.0, 3.1, 600, 0.949), ("b8", 2.2, 3.6, 672, 0.954),
            ("l2", 4.3, 5.3, 800, 0.961),
        ]
        return rows.map { variant("efficientnet_", $0, EfficientNetConfiguration.efficientNet) }
    }()

    private static let lite: [Variant] = {
        let rows: [Row] = [
            ("lite0", 1.0, 1.0, 224, 0.875), ("lite1", 1.0, 1.1, 240, 0.882), ("lite2", 1.1, 1.2, 260, 0.89),
            ("lite3", 1.2, 1.4, 300, 0.904), ("lite4", 1.4, 1.8, 380, 0.92),
        ]
        return rows.map { row in
            var lite = variant("efficientnet_", row, EfficientNetConfiguration.lite)
            lite.usesUnitRange = true
            return lite
        }
    }()

    private static let edge: [Variant] = {
        let rows: [Row] = [
            ("es", 1.0, 1.0, 224, 0.875), ("em", 1.0, 1.1, 240, 0.882), ("el", 1.2, 1.4, 300, 0.904),
        ]
        let members = rows.map { row in
            var edge = variant("efficientnet_", row, EfficientNetConfiguration.edge)
            edge.usesUnitRange = true
            return edge
        }
        // Pruned in their numbers, not in their shapes.
        let pruned = [members[0], members[2]].map { member in
            var pruned = member
            pruned.name += "_pruned"
            pruned.origin = .pyTorch
            return pruned
        }
        return members + pruned
    }()

    private static let v2Base: [Variant] = {
        let rows: [Row] = [
            ("b0", 1.0, 1.0, 224, 0.875), ("b1", 1.0, 1.1, 240, 0.882), ("b2", 1.1, 1.2, 260, 0.89),
            ("b3", 1.2, 1.4, 300, 0.9),
        ]
        return rows.map { row in
            var base = variant("efficientnetv2_", row, EfficientNetConfiguration.v2Base)
            base.origin = .tensorFlow
            return base
        }
    }()

    private static let v2: [Variant] = {
        let rows: [(name: String, resolution: Int, channels: [Int], repeats: [Int])] = [
            ("s", 384, [24, 48, 64, 128, 160, 256], [2, 4, 4, 6, 9, 15]),
            ("m", 480, [24, 48, 80, 160, 176, 304, 512], [3, 5, 5, 7, 14, 18, 5]),
            ("l", 480, [32, 64, 96, 192, 224, 384, 640], [4, 7, 7, 10, 19, 25, 7]),
            ("xl", 512, [32, 64, 96, 192, 256, 512, 640], [4, 8, 8, 16, 24, 32, 8]),
        ]
        let published = rows.map { row in
            variant("efficientnetv2_", (row.name, 1.0, 1.0, row.resolution, 1.0)) { scaling in
                .v2(channels: row.channels, repeats: row.repeats, scaling: scaling)
            }
        }.map { member in
            var member = member
            member.usesUnitRange = true
            return member
        }
        let tiny = variant("efficientnetv2_rw_", ("t", 0.8, 0.9, 288, 1.0)) { scaling in
            .v2(channels: rows[0].channels, repeats: rows[0].repeats, scaling: scaling)
        }
        let small = variant("efficientnetv2_rw_", ("s", 1.0, 1.0, 384, 1.0)) { scaling in
            .v2RW(repeats: [2, 4, 4, 6, 9, 15], scaling: scaling)
        }
        // Its depth is 1.2 in the first four stages and 1.6 in the others.
        let medium = variant("efficientnetv2_rw_", ("m", 1.2, 1.0, 416, 1.0)) { scaling in
            .v2RW(repeats: [3, 5, 5, 8, 15, 24], scaling: scaling)
        }
        let ross = [tiny, small, medium].map { member in
            var member = member
            member.origin = .pyTorch
            return member
        }
        return published + ross
    }()

    private static let test: Variant = {
        var test = variant("test_", ("efficientnet", 1.0, 1.0, 160, 0.95), EfficientNetConfiguration.test)
        test.configuration.lowestShare = 0
        test.origin = .pyTorch
        return test
    }()
}
