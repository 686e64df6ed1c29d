import FoundationEssentials

/// Where the repository keeps the files that tests read.
package enum Fixtures {
    /// The repository's root.
    package static let root: String = {
        // This file is Tests/TestSupport/Fixtures.swift.
        let components = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        return components.joined(separator: "/")
    }()

    /// Whether tests that take minutes run too.
    package static let runsEverything = ProcessInfo.processInfo.environment["EFFNET_TEST_ALL"] == "1"

    /// The path of a file below Tests/Fixtures.
    package static func path(_ relative: String) -> String {
        "\(root)/Tests/Fixtures/\(relative)"
    }
}
