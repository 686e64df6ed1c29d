/// How a number of features or packed weights is stored.
///
/// Memory is counted in words of 32 bits, the size of a float, and pointers to it are pointers to floats: a word holds
/// one float, or two neighbouring channels in bf16, the first in the lower half.
package enum Element: Sendable {
    case float32
    /// The upper half of a float, rounded to nearest even.
    case bfloat16

    /// Numbers in a word.
    package var perWord: Int {
        switch self {
        case .float32: 1
        case .bfloat16: 2
        }
    }
}
