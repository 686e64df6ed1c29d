internal import CIntrinsics
package import KernelInterface
#if arch(x86_64)
    internal import KernelsAVX2
    internal import KernelsAVX512
    internal import KernelsAVX512BF16
#endif
internal import KernelsBaseline

/// The kernel sets, slowest first.
package enum InstructionSet: String, Sendable, CaseIterable {
    case baseline, avx2, avx512
    /// AVX-512 with products of bf16 numbers and of bytes.
    case avx512bf16
    /// The same with products of matrices of bf16 numbers.
    case amx

    /// Whether this CPU, and the operating system, can run the set.
    package var isSupported: Bool {
        switch self {
        case .baseline: true
        case .avx2: CPUFeatures.current.hasAVX2
        case .avx512: CPUFeatures.current.hasAVX512
        case .avx512bf16: CPUFeatures.current.hasAVX512BF16
        case .amx: CPUFeatures.current.hasAMX
        }
    }

    /// The fastest set of this machine.
    package static var best: InstructionSet {
        allCases.last { $0.isSupported } ?? .baseline
    }

    /// The set that a user forces by name, or the best one for nil.
    package static func select(_ name: String?) throws(InstructionSetError) -> InstructionSet {
        guard let name, !name.isEmpty else { return best }
        guard let set = InstructionSet(rawValue: name) else { throw .unknown(name) }
        guard set.isSupported else { throw .unsupported(set) }
        return set
    }

    /// - Precondition: `isSupported`; the function that makes a table may itself use the set's instructions.
    package var kernels: KernelTable {
        precondition(isSupported)
        #if arch(x86_64)
            switch self {
            case .baseline: return KernelsBaseline.kernelTable()
            case .avx2: return KernelsAVX2.kernelTable()
            case .avx512: return KernelsAVX512.kernelTable()
            case .avx512bf16: return KernelsAVX512BF16.kernelTable()
            case .amx: return KernelsAVX512BF16.amxKernelTable()
            }
        #else
            return KernelsBaseline.kernelTable()
        #endif
    }
}

package enum InstructionSetError: Error, CustomStringConvertible {
    case unknown(String)
    case unsupported(InstructionSet)

    package var description: String {
        switch self {
        case .unknown(let name):
            "instruction set \(name) is unknown; EFFNET_ISA takes "
                + InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")
        case .unsupported(let set):
            "this CPU cannot run \(set.rawValue) kernels; unset EFFNET_ISA, or set it to \(InstructionSet.best.rawValue)"
        }
    }
}

/// What CPUID and XGETBV say of this machine, as far as kernel sets need it.
struct CPUFeatures {
    var hasAVX2 = false
    var hasAVX512 = false
    var hasAVX512BF16 = false
    /// Whether vectors of bf16 numbers are multiplied faster than those of floats.
    var multipliesBFloat16Fast = false
    /// Products of matrices, and the system's permission to use them.
    var hasAMX = false

    static let current = CPUFeatures()

    /// Bits as in Intel's manual, volume 2, CPUID: leaf 0 EBX, leaf 1 ECX, leaf 7 EBX, ECX and EDX and leaf 7.1 EAX;
    /// volume 1, 13.1 for the saved states.
    private init() {
        #if arch(x86_64)
            let basic = effnet_cpuid(1, 0).ecx
            func has(_ register: UInt32, _ bits: Int...) -> Bool { bits.allSatisfy { register >> $0 & 1 == 1 } }
            let (fma, osxsave, avx, f16c) = (12, 27, 28, 29)
            guard has(basic, fma, osxsave, avx, f16c) else { return }
            let saved = effnet_xgetbv()
            let vectorStates: UInt64 = 0b110
            let maskAndUpperStates: UInt64 = 0b1110_0000
            guard saved & vectorStates == vectorStates else { return }

            let features = effnet_cpuid(7, 0)
            let extended = features.ebx
            let (bmi1, avx2, bmi2) = (3, 5, 8)
            hasAVX2 = has(extended, bmi1, avx2, bmi2)
            let (avx512f, avx512dq, avx512bw, avx512vl) = (16, 17, 30, 31)
            hasAVX512 =
                hasAVX2 && saved & maskAndUpperStates == maskAndUpperStates
                && has(extended, avx512f, avx512dq, avx512bw, avx512vl)
            let (avx512vnni, avx512bf16) = (11, 5)
            hasAVX512BF16 =
                hasAVX512 && has(features.ecx, avx512vnni) && has(effnet_cpuid(7, 1).eax, avx512bf16)
            // Intel's cores begin a product of bf16 pairs every second cycle, and two of floats in each: half the speed.
            let intel: UInt32 = 0x756e_6547
            multipliesBFloat16Fast = hasAVX512BF16 && effnet_cpuid(0, 0).ebx != intel

            #if os(Linux)
                let (amxBF16, amxTile) = (22, 24)
                let tileStates: UInt64 = 0b11 << 17
                hasAMX =
                    hasAVX512BF16 && saved & tileStates == tileStates && has(features.edx, amxBF16, amxTile)
                    && effnet_amx_request() == 0
            #endif
        #endif
    }
}
