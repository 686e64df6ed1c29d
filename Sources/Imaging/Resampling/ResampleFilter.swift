import Glibc

extension ImagePipeline.Framing.Filter {
    /// How far the filter reaches to either side, in pixels of the larger picture.
    var support: Double {
        switch self {
        case .nearest: 0.5
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The weight of a sample at a distance from the centre: the nearest one alone, the triangle, Keys' cubic convolution with a = −0.5, and
    /// the sinc function windowed by its own central lobe stretched to three.
    func weight(at distance: Double) -> Double {
        let x = abs(distance)
        guard x < support else { return 0 }
        switch self {
        case .nearest:
            return 1
        case .bilinear:
            return 1 - x
        case .bicubic:
            let a = -0.5
            return x < 1
                ? ((a + 2) * x - (a + 3)) * x * x + 1
                : (((x - 5) * x + 8) * x - 4) * a
        case .lanczos:
            return sinc(x) * sinc(x / 3)
        }
    }

    private func sinc(_ x: Double) -> Double {
        x == 0 ? 1 : sin(x * .pi) / (x * .pi)
    }
}
