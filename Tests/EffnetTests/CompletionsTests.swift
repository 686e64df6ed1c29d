import Testing

@Suite struct CompletionsTests {
    @Test(arguments: [("bash", "complete -o"), ("zsh", "#compdef effnet"), ("fish", "complete -c 'effnet'")])
    func eachShellGetsItsScript(shell: String, mark: String) throws {
        let command = try CommandProcess(["completions", shell])
        #expect(command.code == 0)
        #expect(command.output.contains(mark))
        for word in ["evaluate", "recursive", "max-batch"] { #expect(command.output.contains(word)) }
    }
}
