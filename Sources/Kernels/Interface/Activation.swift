/// What kernels apply to a result before they store it.
package struct Activation: Sendable, Equatable {
    /// A function that cannot be written as a clamp; applied instead of one.
    package enum Curve: Sendable {
        case none
        /// x · sigmoid(x), also called SiLU.
        case swish
        case sigmoid
    }

    package let lowest: Float
    package let highest: Float
    package let curve: Curve

    private init(lowest: Float = -.infinity, highest: Float = .infinity, curve: Curve = .none) {
        self.lowest = lowest
        self.highest = highest
        self.curve = curve
    }

    package static let identity = Activation()
    package static let relu = Activation(lowest: 0)
    package static let relu6 = Activation(lowest: 0, highest: 6)
    package static let swish = Activation(curve: .swish)
    package static let sigmoid = Activation(curve: .sigmoid)
}
