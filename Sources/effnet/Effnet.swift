import ArgumentParser
import Engine
import Serving

/// The command without a subcommand.
struct Effnet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "effnet",
        abstract: "Classifies images with EfficientNet, as a service or on the command line.",
        discussion: """
            Every option is also read from the environment variable that its help names; what is given on the \
            command line wins. Flags are on for 1 or true, off for 0 or false.

            Exit codes: 0 done; 1 some files failed, or the service is not ready; 64 wrong usage; 65 the model or an \
            input is broken; 66 there is no such model, or nothing to work on; 69 the address cannot be listened on; 71 the system refused a \
            resource; 73 a file cannot be written; 75 stopped with requests unanswered.
            """,
        version: versionText,
        subcommands: [
            Serve.self, Classify.self, Evaluate.self, Run.self, Bench.self, Describe.self, Convert.self, Quantize.self,
            Health.self, Completions.self, Version.self,
        ]
    )

    /// What this program is, how it was built, and which of its kernels this machine runs.
    private static var versionText: String {
        let sets = InstructionSet.allCases.map { set in
            set == InstructionSet.best ? "\(set.rawValue) (used here)" : set.rawValue
        }
        return """
            effnet \(BuildInformation.version) (\(BuildInformation.target))
            built by Swift \(BuildInformation.compiler), \(BuildInformation.isOptimized ? "optimised" : "for debugging")
            kernels \(sets.joined(separator: ", "))
            """
    }
}
