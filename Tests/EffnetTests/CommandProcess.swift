import Foundation
import Testing

/// The executable, run as its users run it.
struct CommandProcess {
    var code: Int32
    var output: String
    var errors: String

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The executable lies beside the test bundle, whose process this is.
    private static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "effnet")

    /// Runs the command to its end.
    ///
    /// - Parameters:
    ///   - arguments: as typed.
    ///   - environment: all of it, but for the settings of sanitizers.
    ///   - folder: the working directory.
    init(_ arguments: [String], environment: [String: String] = [:], folder: URL = repository) throws {
        let running = try Running(arguments, environment: environment, folder: folder)
        self = running.wait()
    }

    private init(code: Int32, output: String, errors: String) {
        self.code = code
        self.output = output
        self.errors = errors
    }

    /// A command that has not ended; its output goes to files, so that it never blocks.
    final class Running {
        private let process = Process()
        private let files = TemporaryFolder()

        init(_ arguments: [String], environment: [String: String] = [:], folder: URL = repository) throws {
            process.executableURL = CommandProcess.executable
            process.arguments = arguments
            // What a sanitizer was told holds for the program under test too.
            let sanitizers = ProcessInfo.processInfo.environment.filter { $0.key.hasSuffix("SAN_OPTIONS") }
            process.environment = sanitizers.merging(environment) { _, given in given }
            process.currentDirectoryURL = folder
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = try FileHandle(forWritingTo: files.write("output", []))
            process.standardError = try FileHandle(forWritingTo: files.write("errors", []))
            try process.run()
        }

        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }

        /// What was printed until now.
        var output: String { files.text("output") }

        func signal(_ number: Int32) {
            kill(process.processIdentifier, number)
        }

        func wait() -> CommandProcess {
            process.waitUntilExit()
            return CommandProcess(code: process.terminationStatus, output: output, errors: files.text("errors"))
        }
    }
}

/// A folder that is gone when its last user is.
final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appending(path: "effnet-tests-\(UUID().uuidString)")

    init() {
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// Writes a file and returns where it is.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> URL {
        let file = url.appending(path: name)
        try Data(bytes).write(to: file)
        return file
    }

    func text(_ name: String) -> String {
        let data = (try? Data(contentsOf: url.appending(path: name))) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
