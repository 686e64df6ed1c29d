/// Why a checkpoint cannot be used, and what its owner can do about it.
package struct CheckpointError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// There is no such file or folder.
        case notFound
        /// The operating system refused to read or write.
        case inaccessible
        /// Larger than is accepted.
        case tooLarge
        /// Against its own format.
        case malformed
        /// Well-formed, but asking for what is not implemented.
        case unsupported
        /// Two parts of the checkpoint contradict each other.
        case inconsistent
    }

    package let kind: Kind
    /// The file or folder at fault.
    package let path: String
    /// What is wrong, as a sentence without its full stop.
    package let problem: String
    /// What to do, as a sentence without its full stop.
    package let remedy: String

    package init(_ kind: Kind, path: String, problem: String, remedy: String) {
        self.kind = kind
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(path): \(problem). \(remedy)." }
}
