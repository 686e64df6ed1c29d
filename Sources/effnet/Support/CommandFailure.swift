/// A command cannot go on: why and what to do, in one line, and the exit code.
struct CommandFailure: Error {
    /// Stable, after BSD's sysexits.
    enum Code: Int32 {
        case partial = 1
        case badData = 65
        /// There is no model, or nothing to work on, where it was said to be.
        case noInput = 66
        case unavailable = 69
        case systemError = 71
        case cannotWrite = 73
        case cutShort = 75
    }

    var code: Code
    var message: String
}
