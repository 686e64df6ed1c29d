import Engine
import KernelInterface

/// The kernel sets that this machine can run: every suite runs on each.
enum KernelSets {
    static let supported = InstructionSet.allCases.filter(\.isSupported)
}

/// A deterministic source of small numbers.
struct Noise {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// In −1 ..< 1.
    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) * 0x1p-23 - 1
    }

    mutating func array(_ count: Int) -> [Float] {
        (0..<count).map { _ in next() }
    }
}

extension Activation {
    /// In double precision.
    func reference(_ x: Double) -> Double {
        let clamped = min(max(x, Double(lowest)), Double(highest))
        return switch curve {
        case .none: clamped
        case .swish: clamped / (1 + exponential(-clamped))
        case .sigmoid: 1 / (1 + exponential(-clamped))
        }
    }
}
