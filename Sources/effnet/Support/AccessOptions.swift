import ArgumentParser
import Serving

/// Who may use the service.
struct AccessOptions: ParsableArguments {
    @Option(
        help: """
            File of keys, one a line; all but the health probes and the page at / then need one of them. \
            [EFFNET_API_KEY_FILE]
            """,
        completion: .file()
    )
    var apiKeyFile: String?

    @Option(help: "Origins whose pages may call the service, with commas between, or *. [EFFNET_CORS_ORIGIN]")
    var corsOrigin: String?

    @Flag(help: "Answer browsers at / with a few words instead of the page. [EFFNET_NO_PAGE]")
    var noPage = false

    private static let maxKeyFileBytes = 1 << 20

    func validate() throws {
        guard corsOrigin == nil || crossOrigin != nil else {
            throw ValidationError("--cors-origin must be * or origins such as https://example.org, without a path")
        }
    }

    var crossOrigin: CrossOriginPolicy? {
        corsOrigin.flatMap(CrossOriginPolicy.init)
    }

    /// The keys of the file; nil if no file was given.
    func keys() throws(CommandFailure) -> APIKeys? {
        guard let apiKeyFile else { return nil }
        do {
            return try APIKeys(text: InputFile.read(apiKeyFile, limit: Self.maxKeyFileBytes))
        } catch {
            throw CommandFailure(code: .badData, message: "--api-key-file: \(apiKeyFile): \(error)")
        }
    }
}
