internal import Checkpoints
package import Engine
internal import ModelGraph

/// How exactly a user wants a model to compute.
package enum PrecisionRequest: Sendable, Equatable {
    case exactly(Precision)
    /// The fastest that the CPU has instructions for and whose answers are on record to agree with fp32's.
    ///
    /// - Parameter minAgreement: the share of pictures that must get the same likeliest class, 0…1.
    case automatic(minAgreement: Double)
}

/// The precision that a request comes to, and why.
struct PrecisionChoice {
    let precision: Precision
    let reason: String
    /// How the network is mapped to 8 bits. Scales beside the weights are read only where int8 may be chosen: broken ones
    /// stop no other precision.
    let quantization: Quantization?

    /// - Parameters:
    ///   - available: what the model can be planned in.
    ///   - model: a folder, or a file of weights; its record is read only where the request goes by it.
    init(
        _ request: PrecisionRequest,
        of network: Network,
        _ checkpoint: Checkpoint,
        available: [Precision],
        instructionSet: InstructionSet,
        model: String
    ) throws(CheckpointError) {
        switch request {
        case .exactly(let precision):
            quantization = precision == .int8 ? try checkpoint.quantization(of: network) : network.quantization
            (self.precision, reason) = (precision, "asked for")
        case .automatic where network.quantization != nil && Precision.int8.isAccelerated(by: instructionSet):
            // Of what it was made from nothing is left that could be more exact.
            quantization = network.quantization
            (precision, reason) = (.int8, "its weights are integers")
        case .automatic(let minAgreement):
            let record = try PrecisionRecord(ofModel: model)
            var fast = available.reversed().filter { $0 != .fp32 && $0.isAccelerated(by: instructionSet) }
            let mayBeIntegers = fast.contains(.int8) && record[.int8] != nil
            quantization = mayBeIntegers ? try checkpoint.quantization(of: network) : network.quantization
            // Floats between integers cost more than integers save over bf16.
            if quantization?.wideFormat == .fp32 { fast = fast.filter { $0 != .int8 } + fast.filter { $0 == .int8 } }
            guard let fastest = fast.first else {
                (precision, reason) = (.fp32, "\(instructionSet.rawValue) kernels have no faster one")
                return
            }
            for precision in fast {
                guard let agreement = record[precision], agreement.share >= minAgreement else { continue }
                (self.precision, reason) = (precision, "agrees with fp32 on \(agreement)")
                return
            }
            precision = .fp32
            reason =
                record[fastest].map { "\(fastest.rawValue) agrees with fp32 on \($0) only" }
                ?? "the model has no record of how \(fastest.rawValue) agrees"
        }
    }
}

extension PrecisionRecord {
    fileprivate subscript(precision: Precision) -> Agreement? { agreements[precision.rawValue] }
}
