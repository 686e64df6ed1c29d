internal import Checkpoints
package import Engine

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

    /// - Parameters:
    ///   - available: what the model can be planned in.
    ///   - model: a folder, or a file of weights; its record is read only where the request goes by it.
    init(
        _ request: PrecisionRequest,
        available: [Precision],
        instructionSet: InstructionSet,
        model: String
    ) throws(CheckpointError) {
        switch request {
        case .exactly(let precision): self.init(precision: precision, reason: "asked for")
        case .automatic(let minAgreement):
            let record = try PrecisionRecord(ofModel: model)
            let fast = available.reversed().filter { $0 != .fp32 && $0.isAccelerated(by: instructionSet) }
            guard let fastest = fast.first else {
                self.init(precision: .fp32, reason: "\(instructionSet.rawValue) kernels have no faster one")
                return
            }
            for precision in fast {
                guard let agreement = record[precision], agreement.share >= minAgreement else { continue }
                self.init(precision: precision, reason: "agrees with fp32 on \(agreement)")
                return
            }
            let reason = record[fastest].map { "\(fastest.rawValue) agrees with fp32 on \($0) only" }
            self.init(precision: .fp32, reason: reason ?? "the model has no record of how \(fastest.rawValue) agrees")
        }
    }

    private init(precision: Precision, reason: String) {
        self.precision = precision
        self.reason = reason
    }
}

extension PrecisionRecord {
    fileprivate subscript(precision: Precision) -> Agreement? { agreements[precision.rawValue] }
}
