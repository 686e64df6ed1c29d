/// What a node computes. Weights are named, not held: the same graph serves any checkpoint.
package enum Operator: Sendable, Equatable {
    /// Inputs: features, and after fusion perhaps a residual of the output's shape that is added before the activation.
    case convolution(Convolution)
    case batchNormalization(BatchNormalization)
    case activation(ActivationFunction)
    /// The sum of two inputs of one shape.
    case add
    /// Inputs: features, and factors of shape channels × 1 × 1, one per channel.
    case scaleChannels
    /// The mean over all pixels: channels × 1 × 1.
    case globalAveragePool
    /// The largest number, or the mean, of each window.
    case pool(Pool)
    /// One factor and one summand per channel, fixed by the model.
    case affine(ChannelAffine)
    /// The channels of all inputs one after the other; heights and widths are equal.
    case concatenate
    /// The same numbers, for a reader that multiplies bytes or bf16 numbers.
    case convert
}

package enum ActivationFunction: String, Sendable, Equatable {
    case identity, relu, relu6
    /// x · sigmoid(x)
    case swish
    case sigmoid
}

/// How a convolution treats its input's border.
package enum Padding: Sendable, Equatable {
    /// TensorFlow's "SAME": output = ⌈input / stride⌉; what is missing is added half before, half (or one more) after.
    case same
    /// This many rows and columns on every side.
    case symmetric(height: Int, width: Int)
    /// This many rows and columns on each side.
    case explicit(top: Int, left: Int, bottom: Int, right: Int)

    /// PyTorch's habit for odd kernels: (kernel − 1) / 2 on every side.
    package static func symmetric(kernel: Int) -> Padding {
        .symmetric(height: (kernel - 1) / 2, width: (kernel - 1) / 2)
    }

    /// Rows or columns added before and after an extent.
    package func amounts(input: Int, kernel: Int, stride: Int, vertical: Bool) -> (before: Int, after: Int) {
        switch self {
        case .same:
            let output = (input + stride - 1) / stride
            let total = max(0, (output - 1) * stride + kernel - input)
            return (total / 2, total - total / 2)
        case .symmetric(let height, let width):
            let amount = vertical ? height : width
            return (amount, amount)
        case .explicit(let top, let left, let bottom, let right):
            return vertical ? (top, bottom) : (left, right)
        }
    }
}

/// A two-dimensional convolution. A fully connected layer is one of kernel 1 over 1 × 1 features.
package struct Convolution: Sendable, Equatable {
    package var outputChannels: Int
    package var kernelHeight: Int
    package var kernelWidth: Int
    package var stride: Int
    package var padding: Padding
    /// Output channels of a group see the input channels of that group alone; as many groups as input channels make it
    /// depthwise.
    package var groups: Int
    /// Shape [output, input / groups, kernelHeight, kernelWidth], or [output, input] for a fully connected layer.
    package var weight: String
    package var bias: String?
    package var isFullyConnected: Bool
    /// Set by passes: applied to each output channel after the sum, in place of batch normalisation and bias.
    package var affine: ChannelAffine?
    /// Set by passes: what the sums are like after `affine`; nil where nothing tells it.
    package var distribution: ChannelDistribution?
    /// Set by passes: applied last.
    package var activation: ActivationFunction

    package init(
        outputChannels: Int,
        kernel: Int = 1,
        kernelWidth: Int? = nil,
        stride: Int = 1,
        padding: Padding = .symmetric(height: 0, width: 0),
        groups: Int = 1,
        weight: String,
        bias: String? = nil,
        isFullyConnected: Bool = false
    ) {
        self.outputChannels = outputChannels
        kernelHeight = kernel
        self.kernelWidth = kernelWidth ?? kernel
        self.stride = stride
        self.padding = padding
        self.groups = groups
        self.weight = weight
        self.bias = bias
        self.isFullyConnected = isFullyConnected
        activation = .identity
    }

    /// The stored weight's shape.
    package func weightShape(inputChannels: Int) -> [Int] {
        isFullyConnected
            ? [outputChannels, inputChannels]
            : [outputChannels, inputChannels / groups, kernelHeight, kernelWidth]
    }
}

/// A window that moves over each channel.
package struct Pool: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case maximum, average
    }

    package var kind: Kind
    package var kernelHeight: Int
    package var kernelWidth: Int
    package var stride: Int
    package var padding: Padding
    /// Whether the border's zeros count as pixels of an average; they are never the maximum.
    package var countsPadding: Bool

    package init(
        _ kind: Kind,
        kernel: Int,
        kernelWidth: Int? = nil,
        stride: Int,
        padding: Padding = .symmetric(height: 0, width: 0),
        countsPadding: Bool = true
    ) {
        self.kind = kind
        kernelHeight = kernel
        self.kernelWidth = kernelWidth ?? kernel
        self.stride = stride
        self.padding = padding
        self.countsPadding = countsPadding
    }
}

/// y = x · scale + shift, one of each per channel.
package struct ChannelAffine: Sendable, Equatable {
    package var scale: [Float]
    package var shift: [Float]

    package init(scale: [Float], shift: [Float]) {
        self.scale = scale
        self.shift = shift
    }
}

/// What batch normalisation made of each channel in training: numbers that are about normally distributed.
package struct ChannelDistribution: Sendable, Equatable {
    package var means: [Float]
    package var deviations: [Float]

    package init(means: [Float], deviations: [Float]) {
        self.means = means
        self.deviations = deviations
    }
}

/// Inference-time batch normalisation: (x − mean) / √(variance + epsilon) · weight + bias, with the tensors
/// `<prefix>.weight`, `.bias`, `.running_mean` and `.running_var`.
package struct BatchNormalization: Sendable, Equatable {
    package var prefix: String
    package var epsilon: Double

    package init(prefix: String, epsilon: Double) {
        self.prefix = prefix
        self.epsilon = epsilon
    }
}
