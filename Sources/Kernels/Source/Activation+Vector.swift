internal import KernelInterface

/// e^−x = 2^n · e^r with n = round(−x / ln 2) and |r| ≤ ln 2 / 2.
///
/// - Returns: −r and n.
@inline(__always)
private func reducedExponent(_ x: Vector) -> (r: Vector, n: Vector) {
    // Beyond, a sigmoid is 1 or vanishes; and n stays in the range of exponents. NaN stays NaN.
    let clamped = max(broadcast(-86), min(broadcast(86), x))
    // Adding and subtracting 1.5 · 2^23 rounds to an integer.
    let shifter = broadcast(0x1.8p23)
    let n = sub(fma(clamped, broadcast(-1.442_695_04), shifter), shifter)
    return (fma(n, broadcast(0.693_147_18), clamped), n)
}

/// 1 / (1 + e^−x), relative error below 2e-6 for |x| ≤ 20 and 5e-6 beyond, down to 1e-37.
///
/// e^r by the polynomial of degree 5 of least relative error (7.5e-8). The reciprocal is refined by one step of Newton's
/// method, which doubles its correct bits.
@inline(__always)
func exactSigmoid(_ x: Vector) -> Vector {
    let (r, n) = reducedExponent(x)
    // The signs of odd coefficients are turned, because r is.
    var power = broadcast(-0.008_297_648)
    power = fma(power, r, broadcast(0.041_915_43))
    power = fma(power, r, broadcast(-0.166_675_75))
    power = fma(power, r, broadcast(0.499_988_94))
    power = fma(power, r, broadcast(-0.999_999_7))
    power = fma(power, r, broadcast(1.000_000_1))
    // All from here on for the negative of 1 + e^−x: the two signs cancel, and each step is one instruction.
    let denominator = sub(broadcast(-1), scale(power, n))
    let reciprocal = approximateReciprocal(denominator)
    return mul(reciprocal, fma(denominator, reciprocal, broadcast(-2)))
}

/// 1 / (1 + e^−x), relative error below 5e-4: a quarter of what rounding to bf16 can add.
///
/// e^r by the polynomial of degree 3 of least relative error (7.5e-5), and no refined reciprocal.
@inline(__always)
func coarseSigmoid(_ x: Vector) -> Vector {
    let (r, n) = reducedExponent(x)
    var power = broadcast(-0.165_668_43)
    power = fma(power, r, broadcast(0.504_963_3))
    power = fma(power, r, broadcast(-1.000_164_2))
    power = fma(power, r, broadcast(0.999_928_06))
    return approximateReciprocal(add(broadcast(1), scale(power, n)))
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
    case .swish: mul(x, Precision.sigmoid(x))
    case .sigmoid: Precision.sigmoid(x)
    }
}
