internal import CIntrinsics
internal import ResampleBaseline
package import ResampleInterface
#if arch(x86_64)
    internal import ResampleAVX2
#endif

/// The sets of the resampler's loops, slowest first.
package enum ResampleSet: CaseIterable, Sendable {
    case baseline, avx2

    /// Whether this CPU, and the operating system, can run the set.
    package var isSupported: Bool {
        switch self {
        case .baseline: true
        case .avx2: pixels_has_avx2() != 0
        }
    }

    /// The fastest set of this machine.
    package static let best = allCases.last { $0.isSupported } ?? .baseline

    /// - Precondition: `isSupported`; the function that gives the loops may itself use the set's instructions.
    package var loops: ResampleLoops {
        precondition(isSupported)
        #if arch(x86_64)
            switch self {
            case .baseline: return ResampleBaseline.resampleLoops()
            case .avx2: return ResampleAVX2.resampleLoops()
            }
        #else
            return ResampleBaseline.resampleLoops()
        #endif
    }
}
