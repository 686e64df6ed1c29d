import ArgumentParser
import Serving

/// Which models are served.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Model folder or file, or NAME=PATH; given again for more models, the first is the default. [EFFNET_MODEL]",
            discussion: """
                Default: \(ModelFolder.bundled) in the working directory, else beside the executable.
                """
        )
    )
    var model: [String] = []

    @Option(help: "Folder of models, NAME/VERSION/, that are loaded and unloaded as they come. [EFFNET_MODEL_STORE]")
    var modelStore: String?

    @Option(help: "Versions of a model of the store that are served, the newest. [EFFNET_MAX_VERSIONS]")
    var maxVersions = 4

    @Option(help: "Seconds from one look at the store to the next; SIGHUP makes it look too. [EFFNET_MODEL_POLL]")
    var modelPoll: Seconds?

    @Flag(help: "Lets clients load and unload models over HTTP. [EFFNET_MODEL_CONTROL]")
    var modelControl = false

    func validate() throws {
        guard (1...1000).contains(maxVersions) else { throw ValidationError("--max-versions must be 1 to 1000") }
        if let modelPoll, modelPoll.duration < .milliseconds(100) {
            throw ValidationError("--model-poll must be at least 0.1")
        }
    }

    /// - Throws: `CommandFailure` for a folder that is not there.
    func source() throws -> ModelSource {
        if let modelStore, !ModelFolder.isFolder(modelStore) {
            throw CommandFailure(
                code: .noInput,
                message: "there is no folder at \(modelStore): give --model-store a folder of models, NAME/VERSION/"
            )
        }
        var source = ModelSource(fixed: try fixed(), store: modelStore)
        source.maxVersions = maxVersions
        return source
    }

    private func fixed() throws -> [ModelPlace] {
        if model.isEmpty {
            guard modelStore == nil else { return [] }
            let folder = try ModelFolder(nil)
            return [ModelPlace(ModelIdentity(name: folder.name), folder: folder.path)]
        }
        var places: [ModelPlace] = []
        for text in model {
            let place = try Self.place(text)
            guard !places.contains(where: { $0.identity == place.identity }) else {
                throw ValidationError("two models are called \(place.identity.name): give --model NAME=PATH")
            }
            places.append(place)
        }
        return places
    }

    /// A folder or file, or one behind NAME=.
    private static func place(_ text: String) throws -> ModelPlace {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, !ModelFolder.exists(text) else {
            let folder = try ModelFolder(text)
            return ModelPlace(ModelIdentity(name: folder.name), folder: folder.path)
        }
        guard ModelIdentity.isValid(name: parts[0]) else {
            throw ValidationError("\"\(parts[0])\" is no model's name: use letters, digits, \".\", \"_\" and \"-\"")
        }
        return ModelPlace(ModelIdentity(name: parts[0]), folder: try ModelFolder(parts[1]).path)
    }
}
