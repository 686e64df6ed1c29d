package import ModelGraph

/// Everything that makes one member of the EfficientNet family.
package struct EfficientNetConfiguration: Sendable, Equatable {
    /// Blocks of one kind, repeated: a row of the papers' tables.
    package struct Stage: Sendable, Equatable {
        package enum Block: Sendable {
            /// One dense convolution with its activation; the input is added behind it.
            case convolution
            /// Depthwise, then a 1×1 projection.
            case depthwiseSeparable
            /// MBConv: a 1×1 expansion, a depthwise convolution and a 1×1 projection.
            case invertedResidual
            /// Fused MBConv: a dense expansion, then a 1×1 projection.
            case fused
        }

        package var block: Block
        package var kernel: Int
        /// Of the first block; the others have 1.
        package var stride: Int
        /// Factor from the block's input channels to its inner ones.
        package var expansion: Int
        package var channels: Int
        package var repeats: Int
        /// Squeezed channels as a share of the block's input channels; nil without squeeze-and-excitation.
        package var squeezeRatio: Double?
        /// What is expanded instead of the block's own input channels.
        package var expandedChannels: Int?
        package var hasSkip = true
    }

    /// How convolutions treat the border.
    package enum Border: Sendable, Equatable {
        /// TensorFlow's "SAME".
        case same
        /// PyTorch's (kernel − 1) / 2 on every side.
        case symmetric
        /// As Keras' models have it, whatever the input's size: with a stride of 2 one row and column less above and
        /// left, but for the depthwise convolutions of these blocks, counted over the whole network.
        case keras(symmetricBlocks: Set<Int>)
    }

    package var stemChannels = 32
    package var headChannels = 1280
    package var stages: [Stage]
    package var scaling: CompoundScaling
    /// Of rounded channels: see `CompoundScaling.channels`.
    package var lowestShare = 0.9
    /// Lite: the stem, the head and the repeats of the first and last stage stay as in the baseline.
    package var hasFixedEnds = false
    package var activation = ActivationFunction.swish
    package var batchNormEpsilon = 1e-5
    package var border = Border.symmetric
    /// Whether a stage's first block adds its input where the shapes allow it; none of the published scalings does.
    package var firstBlocksHaveSkips = true

    package init(stages: [Stage], scaling: CompoundScaling) {
        self.stages = stages
        self.scaling = scaling
    }

    /// As first published in TensorFlow: "SAME" borders and an epsilon of 1e-3.
    package var tensorFlow: EfficientNetConfiguration {
        var configuration = self
        configuration.batchNormEpsilon = 1e-3
        configuration.border = .same
        return configuration
    }

    /// Channels after compound scaling.
    package func scaledChannels(_ channels: Int) -> Int {
        scaling.channels(channels, lowestShare: lowestShare)
    }

    /// The stages after compound scaling.
    package var scaledStages: [Stage] {
        stages.enumerated().map { index, stage in
            let isEnd = index == 0 || index == stages.count - 1
            var scaled = stage
            scaled.channels = scaledChannels(stage.channels)
            scaled.expandedChannels = stage.expandedChannels.map(scaledChannels)
            scaled.repeats = hasFixedEnds && isEnd ? stage.repeats : scaling.repeats(stage.repeats)
            return scaled
        }
    }

    package var scaledStem: Int { hasFixedEnds ? stemChannels : scaledChannels(stemChannels) }
    package var scaledHead: Int { hasFixedEnds ? headChannels : scaledChannels(headChannels) }
}
