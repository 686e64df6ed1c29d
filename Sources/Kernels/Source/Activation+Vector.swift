internal import KernelInterface

// e^−x = 2^t = 2^⌊t⌋ · 2^f with t = −x / ln 2 and f = t − ⌊t⌋. 2^f is a polynomial of least relative error from 0 to 1.

/// 1 + e^−x.
///
/// - Parameter power: 2^f.
@inline(__always)
private func onePlusExponential(_ x: Vector, power: (_ f: Vector) -> Vector) -> Vector {
    let t = mul(x, broadcast(-1.442_695_04))
    return add(broadcast(1), scale(power(fraction(t)), t))
}

/// factor / (1 + e^−x), relative error below 2e-6 for |x| ≤ 20 and 5e-6 beyond, down to 1e-37.
///
/// 2^f by a polynomial of degree 5 (9e-8).
@inline(__always)
func exactSigmoid(_ x: Vector, times factor: Vector) -> Vector {
    let denominator = onePlusExponential(x) { f in
        var power = broadcast(0.001_877_576_7)
        power = fma(power, f, broadcast(0.008_989_339_7))
        power = fma(power, f, broadcast(0.055_826_318))
        power = fma(power, f, broadcast(0.240_153_61))
        power = fma(power, f, broadcast(0.693_153_08))
        return fma(power, f, broadcast(0.999_999_94))
    }
    return div(factor, denominator)
}

/// factor / (1 + e^−x), relative error below 5e-4: a quarter of what rounding to bf16 can add.
///
/// 2^f by a polynomial of degree 3 (7.5e-5), and an approximate reciprocal.
@inline(__always)
func coarseSigmoid(_ x: Vector, times factor: Vector) -> Vector {
    let denominator = onePlusExponential(x) { f in
        var power = broadcast(0.078_024_52)
        power = fma(power, f, broadcast(0.226_067_16))
        power = fma(power, f, broadcast(0.695_833_56))
        return fma(power, f, broadcast(0.999_925_2))
    }
    return mul(factor, approximateReciprocal(denominator))
}

/// The clamp of an activation. NaN stays NaN.
@inline(__always)
func clamp(_ x: Vector, _ lowest: Vector, _ highest: Vector) -> Vector {
    min(highest, max(lowest, x))
}

/// The curve of an activation, as exactly as a format asks for.
@inline(__always)
func apply<Precision: Format>(_ curve: Activation.Curve, _ x: Vector, _: Precision.Type) -> Vector {
    switch curve {
    case .none: x
    case .swish: Precision.sigmoid(x, times: x)
    case .sigmoid: Precision.sigmoid(x, times: broadcast(1))
    }
}

/// factor · curve + offset of each vector in memory, as exactly as bytes need it.
///
/// A call: inlined, it would slow down the tiles that have no curve.
@inline(never)
func replace(
    _ vectors: UnsafeMutablePointer<Float>,
    count: Int,
    by curve: Activation.Curve,
    factor: Float,
    offset: Float
) {
    let (factor, offset) = (broadcast(factor), broadcast(offset))
    for index in 0..<count {
        let vector = vectors + index * width
        store(vector, add(mul(apply(curve, load(vector), UInt8Format.self), factor), offset))
    }
}

/// An activation, its curve as exactly as a format asks for.
@inline(__always)
func activate<Precision: Format>(_ x: Vector, _ activation: Activation, _: Precision.Type) -> Vector {
    switch activation.curve {
    case .none: clamp(x, broadcast(activation.lowest), broadcast(activation.highest))
    case .swish, .sigmoid: apply(activation.curve, x, Precision.self)
    }
}
