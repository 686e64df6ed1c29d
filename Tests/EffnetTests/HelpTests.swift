import Testing

@Suite struct HelpTests {
    @Test(arguments: [
        ["--help"], ["serve", "--help"], ["classify", "-h"], ["health", "--help"], ["version", "--help"],
        ["evaluate", "--help"], ["completions", "--help"],
    ])
    func everyCommandExplainsItself(arguments: [String]) throws {
        let command = try CommandProcess(arguments)
        #expect(command.code == 0)
        #expect(command.output.contains("USAGE: effnet"))
        #expect(command.errors == "")
    }

    @Test(arguments: ["serve", "classify", "evaluate", "bench", "describe", "convert", "quantize", "health"])
    func everyOptionNamesItsVariable(command: String) throws {
        // Lines are broken to the width of the terminal: compare without spaces.
        let help = try CommandProcess([command, "--help"]).output
        let options = help.matches(of: /(?m)^  --([a-z-]+)/).map { String($0.1) }.filter { $0 != "version" }
        #expect(!options.isEmpty)
        for option in options {
            let variable = "EFFNET_" + option.uppercased().replacing("-", with: "_")
            #expect(help.contains("[\(variable)]"), "--\(option)")
        }
    }

    @Test(arguments: [
        "--port", "--host", "--max-batch", "--max-queue", "--queue-timeout", "--drain-timeout",
        "--max-connections", "--max-buffered-bytes", "--max-head", "--max-fields", "--max-target", "--max-pipelined",
        "--head-timeout", "--body-timeout", "--min-body-rate", "--keep-alive-timeout", "--write-timeout",
        "--linger-timeout",
    ])
    func defaultsAreShown(option: String) throws {
        let help = try CommandProcess(["serve", "--help"]).output
        let entry = try #require(help.split(separator: "  \(option) ", maxSplits: 1).last)
        let text = entry.split(separator: "\n  --", maxSplits: 1)[0]
        #expect(text.replacing(/\s+/, with: " ").contains("(default: "), "\(text)")
    }

    @Test(arguments: [["--version"], ["version"]])
    func theVersionIsPrinted(arguments: [String]) throws {
        let command = try CommandProcess(arguments)
        #expect(command.code == 0)
        let lines = command.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].wholeMatch(of: /effnet \d+\.\d+\.\d+ \(\w+\)/) != nil)
        #expect(lines[1].wholeMatch(of: /built by Swift \d+\.\d+.*, (optimised|for debugging)/) != nil)
        #expect(lines[2].matches(of: /\w+ \(used here\)/).count == 1)
    }

    @Test(arguments: [
        ["nonsense"], ["serve", "--no-such"], ["serve", "--port", "65536"], ["serve", "--port", "x"],
        ["serve", "--max-body", "-1"], ["serve", "--max-body", "9999999999999G"], ["serve", "--drain-delay", "-1"],
        ["serve", "--max-batch", "0"], ["serve", "--log-level", "loud"], ["serve", "--log-format", "xml"],
        ["serve", "--max-queue-bytes", "1K"], ["serve", "--max-head", "1023"], ["serve", "--max-target", "17M"],
        ["serve", "--min-body-rate", "0"], ["serve", "--linger-timeout", "0"], ["serve", "--max-fields", "0"],
        ["serve", "--max-pipelined", "0"], ["serve", "--cors-origin", "https://a.org/"], ["serve", "--isa", "avx9"],
        ["classify"], ["classify", "--top-k", "0", "x"],
        ["classify", "--logits", "x"], ["classify", "--output", "x.txt", "x"],
        ["classify", "--output", "x.csv", "--logits", "x"], ["classify", "--output", "x.csv", "--json", "x"],
        ["evaluate"], ["evaluate", "--worst", "-1", "x"], ["completions"], ["completions", "tcsh"],
        ["health", "--port", "0"],
    ])
    func wrongUsageIsExplained(arguments: [String]) throws {
        let command = try CommandProcess(arguments)
        #expect(command.code == 64)
        #expect(command.errors.contains("Error: "))
        #expect(command.output == "")
    }
}
