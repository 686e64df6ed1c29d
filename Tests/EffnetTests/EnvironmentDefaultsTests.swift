import Testing

@Suite struct EnvironmentDefaultsTests {
    /// A command that always fails, and says with which port.
    private func health(_ arguments: [String] = [], _ environment: [String: String]) throws -> CommandProcess {
        try CommandProcess(["health"] + arguments, environment: environment)
    }

    @Test func theEnvironmentSetsWhatTheCommandLineDoesNot() throws {
        let command = try health([], ["EFFNET_PORT": "1", "EFFNET_HOST": "127.0.0.2"])
        #expect(command.code == 1)
        #expect(command.errors.contains("http://127.0.0.2:1/readyz"))
    }

    @Test(arguments: [["--port", "2"], ["--port=2"]])
    func theCommandLineWins(arguments: [String]) throws {
        let command = try health(arguments, ["EFFNET_PORT": "1"])
        #expect(command.errors.contains("http://127.0.0.1:2/readyz"))
    }

    @Test(arguments: [
        ("EFFNET_PORT", "http"), ("EFFNET_PORT", ""), ("EFFNET_PORT", "-1"), ("EFFNET_PORT", "0"),
        ("EFFNET_TIMEOUT", "soon"),
    ])
    func aWrongValueNamesItsVariable(variable: String, value: String) throws {
        let command = try health([], [variable: value, "EFFNET_HOST": "127.0.0.1"])
        #expect(command.code == 64)
        #expect(command.errors.contains("environment variable \(variable): "))
    }

    @Test func aWrongValueThatIsOverruledDoesNoHarm() throws {
        #expect(try health(["--port", "2"], ["EFFNET_PORT": "http"]).code == 1)
    }

    @Test func variablesOfOtherCommandsDoNoHarm() throws {
        #expect(try CommandProcess(["version"], environment: ["EFFNET_PORT": "http"]).code == 0)
        #expect(try health([], ["EFFNET_MAX_QUEUE": "x", "EFFNET_PORT": "1"]).code == 1)
    }

    @Test func helpIsHelpWhateverTheEnvironment() throws {
        #expect(try CommandProcess(["serve", "--help"], environment: ["EFFNET_THREADS": "2"]).code == 0)
        #expect(try CommandProcess(["--help"], environment: ["EFFNET_PORT": "http"]).code == 0)
    }

    @Test(arguments: [("1", true), ("true", true), ("0", false), ("false", false), ("", false)])
    func flagsAreSwitched(value: String, isOn: Bool) throws {
        let command = try CommandProcess(["classify", "/nonexistent.jpg"], environment: ["EFFNET_JSON": value])
        #expect(command.code == 1)
        #expect(command.output.hasPrefix("{") == isOn)
    }

    @Test func aFlagThatIsNeitherOnNorOffIsRefused() throws {
        let command = try CommandProcess(["classify", "x"], environment: ["EFFNET_JSON": "maybe"])
        #expect(command.code == 64)
        #expect(command.errors.contains("EFFNET_JSON"))
    }
}
