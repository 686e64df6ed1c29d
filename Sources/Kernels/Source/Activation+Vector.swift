internal import KernelInterface

/// e^x for x in about −87…88 (clamped), relative error below 2e-7: x = n·ln 2 + r, e^r by a polynomial of degree 6 in
/// |r| ≤ ln 2 / 2 (Taylor coefficients; the remainder of degree 7 is below 1.3e-7), 2^n by the exponent field.
@inline(__always)
func exp(_ x: Vector) -> Vector {
    let clamped = max(min(x, broadcast(88)), broadcast(-87))
    let shifter = broadcast(0x1.8p23)
    let n = sub(fma(clamped, broadcast(1.442_695_04), shifter), shifter)
    // ln 2 in two parts, so that n · high is exact.
    let r = fma(n, broadcast(2.121_944_4e-4), fma(n, broadcast(-0.693_359_375), clamped))
    var p = broadcast(1.0 / 720)
    p = fma(p, r, broadcast(1.0 / 120))
    p = fma(p, r, broadcast(1.0 / 24))
    p = fma(p, r, broadcast(1.0 / 6))
    p = fma(p, r, broadcast(0.5))
    p = fma(p, r, broadcast(1))
    p = fma(p, r, broadcast(1))
    return mul(p, exp2i(n))
}

@inline(__always)
func sigmoid(_ x: Vector) -> Vector {
    div(broadcast(1), add(broadcast(1), exp(sub(broadcast(0), x))))
}

/// The clamp of an activation. NaN stays NaN.
@inline(__always)
func clamp(_ x: Vector, _ lowest: Vector, _ highest: Vector) -> Vector {
    min(highest, max(lowest, x))
}

/// Applies an activation's curve to a run of stored pixels, `blocks` vectors each.
///
/// Apart from the tiles' own loops: inlined there for each register of the tile it would be kilobytes of code.
@inline(__always)
func applyCurve(
    _ curve: Activation.Curve,
    _ pixels: UnsafeMutablePointer<Float>,
    count: Int,
    stride: Int,
    blocks: Int,
    blockStride: Int
) {
    let isSwish: Bool
    switch curve {
    case .none: return
    case .swish: isSwish = true
    case .sigmoid: isSwish = false
    }
    for j in 0..<blocks {
        var pixel = pixels + j * blockStride
        for _ in 0..<count {
            let x = load(pixel)
            let s = sigmoid(x)
            store(pixel, isSwish ? mul(x, s) : s)
            pixel += stride
        }
    }
}
