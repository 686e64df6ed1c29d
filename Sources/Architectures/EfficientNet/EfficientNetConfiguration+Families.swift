internal import ModelGraph

extension EfficientNetConfiguration.Stage {
    /// A row of a table: kernel, stride, expansion, channels, repeats.
    fileprivate init(_ block: Block, _ row: (Int, Int, Int, Int, Int), squeezeRatio: Double? = nil) {
        self.block = block
        (kernel, stride, expansion, channels, repeats) = row
        self.squeezeRatio = squeezeRatio
    }
}

/// The baselines from which the members of each family are scaled.
extension EfficientNetConfiguration {
    /// The network that architecture search found (EfficientNet, table 1).
    private static let baselineStages: [Stage] = [
        Stage(.depthwiseSeparable, (3, 1, 1, 16, 1), squeezeRatio: 0.25),
        Stage(.invertedResidual, (3, 2, 6, 24, 2), squeezeRatio: 0.25),
        Stage(.invertedResidual, (5, 2, 6, 40, 2), squeezeRatio: 0.25),
        Stage(.invertedResidual, (3, 2, 6, 80, 3), squeezeRatio: 0.25),
        Stage(.invertedResidual, (5, 1, 6, 112, 3), squeezeRatio: 0.25),
        Stage(.invertedResidual, (5, 2, 6, 192, 4), squeezeRatio: 0.25),
        Stage(.invertedResidual, (3, 1, 6, 320, 1), squeezeRatio: 0.25),
    ]

    /// EfficientNet-B0 and its scaled siblings.
    package static func efficientNet(_ scaling: CompoundScaling) -> EfficientNetConfiguration {
        EfficientNetConfiguration(stages: baselineStages, scaling: scaling)
    }

    /// EfficientNet-Lite: ReLU6 for swish, no squeeze-and-excitation, fixed stem and head.
    package static func lite(_ scaling: CompoundScaling) -> EfficientNetConfiguration {
        var configuration = efficientNet(scaling)
        for index in configuration.stages.indices { configuration.stages[index].squeezeRatio = nil }
        configuration.hasFixedEnds = true
        configuration.activation = .relu6
        return configuration
    }

    /// EfficientNet-EdgeTPU (Gupta and Akin, 2019): dense expansions first, ReLU, no squeeze-and-excitation.
    package static func edge(_ scaling: CompoundScaling) -> EfficientNetConfiguration {
        var first = Stage(.fused, (3, 1, 4, 24, 1))
        first.expandedChannels = 24
        first.hasSkip = false
        let stages = [
            first,
            Stage(.fused, (3, 2, 8, 32, 2)),
            Stage(.fused, (3, 2, 8, 48, 4)),
            Stage(.invertedResidual, (5, 2, 8, 96, 5)),
            Stage(.invertedResidual, (5, 1, 8, 144, 4)),
            Stage(.invertedResidual, (5, 2, 8, 192, 2)),
        ]
        var configuration = EfficientNetConfiguration(stages: stages, scaling: scaling)
        configuration.activation = .relu
        return configuration
    }

    // MARK: EfficientNetV2 (Tan and Le, 2021)

    /// V2-B0 and its scaled siblings.
    package static func v2Base(_ scaling: CompoundScaling) -> EfficientNetConfiguration {
        let stages = v2Stages(
            channels: [16, 32, 48, 96, 112, 192],
            repeats: [1, 2, 2, 3, 5, 8],
            fusedStages: 3
        )
        var configuration = EfficientNetConfiguration(stages: stages, scaling: scaling)
        configuration.lowestShare = 0
        return configuration
    }

    /// V2-S, M, L and XL, each found or chosen on its own.
    package static func v2(
        channels: [Int],
        repeats: [Int],
        scaling: CompoundScaling
    ) -> EfficientNetConfiguration {
        let stages = v2Stages(channels: channels, repeats: repeats, fusedStages: 3)
        var configuration = EfficientNetConfiguration(stages: stages, scaling: scaling)
        configuration.stemChannels = channels.first ?? configuration.stemChannels
        return configuration
    }

    /// timm's early form of V2, made from the paper's figures: the first stage has projections and a wider end.
    package static func v2RW(repeats: [Int], scaling: CompoundScaling) -> EfficientNetConfiguration {
        var configuration = v2(channels: [24, 48, 64, 128, 160, 272], repeats: repeats, scaling: scaling)
        configuration.stages[0].block = .fused
        configuration.headChannels = 1792
        return configuration
    }

    /// timm's smallest network, for tests of software.
    package static func test(_ scaling: CompoundScaling) -> EfficientNetConfiguration {
        var stages = v2Stages(channels: [16, 24, 32, 48, 64], repeats: [1, 1, 1, 1, 1], fusedStages: 3)
        stages[4].stride = 2
        stages[4].expansion = 4
        var configuration = EfficientNetConfiguration(stages: stages, scaling: scaling)
        configuration.stemChannels = 24
        configuration.headChannels = 256
        return configuration
    }

    /// One stage of plain convolutions, then fused ones, then MBConv; strides and expansions are the same for all of V2.
    private static func v2Stages(channels: [Int], repeats: [Int], fusedStages: Int) -> [Stage] {
        zip(channels, repeats).enumerated().map { index, row in
            let (channels, repeats) = row
            switch index {
            case 0: return Stage(.convolution, (3, 1, 1, channels, repeats))
            case ..<fusedStages: return Stage(.fused, (3, 2, 4, channels, repeats))
            case 3: return Stage(.invertedResidual, (3, 2, 4, channels, repeats), squeezeRatio: 0.25)
            default:
                let stride = index == 5 ? 2 : 1
                return Stage(.invertedResidual, (3, stride, 6, channels, repeats), squeezeRatio: 0.25)
            }
        }
    }
}
