package import ModelGraph

/// Everything that makes one member of the EfficientNet family.
package struct EfficientNetConfiguration: Sendable, Equatable {
    /// A row of the paper's table 1: blocks of one kind, repeated.
    package struct Stage: Sendable, Equatable {
        package enum Block: Sendable {
            /// Depthwise 3×3 or 5×5, then a 1×1 projection.
            case depthwiseSeparable
            /// MBConv: a 1×1 expansion, a depthwise convolution and a 1×1 projection.
            case invertedResidual
        }

        package var block: Block
        package var kernel: Int
        /// Of the first block; the others have 1.
        package var stride: Int
        /// Factor from the block's input channels to its inner ones.
        package var expansion: Int
        package var channels: Int
        package var repeats: Int
    }

    package var stemChannels: Int
    package var headChannels: Int
    package var stages: [Stage]
    package var scaling: CompoundScaling
    /// Lite: the stem, the head and the repeats of the first and last stage stay as in the baseline.
    package var hasFixedEnds: Bool
    package var activation: ActivationFunction
    /// Squeezed channels as a share of the block's input channels; nil without squeeze-and-excitation.
    package var squeezeRatio: Double?
    package var batchNormEpsilon: Double
    package var usesSamePadding: Bool

    /// The baseline network of the paper, found by architecture search.
    package static let baselineStages = [
        Stage(block: .depthwiseSeparable, kernel: 3, stride: 1, expansion: 1, channels: 16, repeats: 1),
        Stage(block: .invertedResidual, kernel: 3, stride: 2, expansion: 6, channels: 24, repeats: 2),
        Stage(block: .invertedResidual, kernel: 5, stride: 2, expansion: 6, channels: 40, repeats: 2),
        Stage(block: .invertedResidual, kernel: 3, stride: 2, expansion: 6, channels: 80, repeats: 3),
        Stage(block: .invertedResidual, kernel: 5, stride: 1, expansion: 6, channels: 112, repeats: 3),
        Stage(block: .invertedResidual, kernel: 5, stride: 2, expansion: 6, channels: 192, repeats: 4),
        Stage(block: .invertedResidual, kernel: 3, stride: 1, expansion: 6, channels: 320, repeats: 1),
    ]

    /// EfficientNet-B0 and its scaled siblings.
    ///
    /// - Parameter tensorFlow: as first published: "SAME" padding and an epsilon of 1e-3; otherwise PyTorch's habits.
    package static func efficientNet(_ scaling: CompoundScaling, tensorFlow: Bool) -> EfficientNetConfiguration {
        EfficientNetConfiguration(
            stemChannels: 32,
            headChannels: 1280,
            stages: baselineStages,
            scaling: scaling,
            hasFixedEnds: false,
            activation: .swish,
            squeezeRatio: 0.25,
            batchNormEpsilon: tensorFlow ? 1e-3 : 1e-5,
            usesSamePadding: tensorFlow
        )
    }

    /// EfficientNet-Lite: ReLU6 for swish, no squeeze-and-excitation, fixed stem and head.
    package static func lite(_ scaling: CompoundScaling, tensorFlow: Bool) -> EfficientNetConfiguration {
        var configuration = efficientNet(scaling, tensorFlow: tensorFlow)
        configuration.hasFixedEnds = true
        configuration.activation = .relu6
        configuration.squeezeRatio = nil
        return configuration
    }

    /// The stages after compound scaling.
    package var scaledStages: [Stage] {
        stages.enumerated().map { index, stage in
            let isEnd = index == 0 || index == stages.count - 1
            var scaled = stage
            scaled.channels = scaling.channels(stage.channels)
            scaled.repeats = hasFixedEnds && isEnd ? stage.repeats : scaling.repeats(stage.repeats)
            return scaled
        }
    }
}
