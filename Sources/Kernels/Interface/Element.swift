/// How a number of features or packed weights is stored.
///
/// Memory is counted in words of 32 bits, the size of a float, and pointers to it are pointers to floats: a word holds
/// one float, two neighbouring channels in bf16, or four bytes, the first always in the lowest bits.
package enum Element: Sendable {
    case float32
    /// The upper half of a float, rounded to nearest even.
    case bfloat16
    /// Features 0…255, or weights −127…127: four neighbouring channels of a pixel.
    case uint8
    /// Features 0…255: four neighbouring pixels of a channel, from a line's first pixel on. Words of one block of channels
    /// stand side by side, so that a depthwise convolution multiplies four taps at once.
    case uint8Quads

    /// Numbers in a word.
    @inlinable package var perWord: Int {
        switch self {
        case .float32: 1
        case .bfloat16: 2
        case .uint8, .uint8Quads: 4
        }
    }
}

/// How results become bytes.
///
/// Numbers without a curve come as they are stored: scales and biases see to it. They are rounded to nearest even and
/// limited to 0…255, which is the only clamp then: whoever maps a clamp's lowest number to 0 needs no other.
package struct ByteMapping: Sendable, Equatable {
    /// stored = number · factor + offset, for numbers behind a curve.
    package var factor: Float = 1
    package var offset: Float = 0
    /// What the bytes of a residual are multiplied with.
    package var residualFactor: Float = 1
    /// Four numbers 0, as they are stored.
    package var zeroWord: Float = 0

    package init() {}
}
