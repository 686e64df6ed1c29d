import Glibc

/// One version of a model and the folder, or the file, that it is loaded from.
package struct ModelPlace: Sendable, Equatable {
    package let identity: ModelIdentity
    package let folder: String

    package init(_ identity: ModelIdentity, folder: String) {
        self.identity = identity
        self.folder = folder
    }

    /// Name, size and time of the file, or of each file in the folder: equal as long as nothing there was changed.
    var fingerprint: [String] {
        let names = FolderListing(folder).names.sorted().prefix(64)
        let paths = names.isEmpty ? [folder] : names.map { "\(folder)/\($0)" }
        return paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return path }
            return "\(path) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
    }
}

/// Where models come from.
package struct ModelSource: Sendable {
    /// Given one by one; they must be there. The first is the one that requests get without asking.
    package var fixed: [ModelPlace]
    /// A folder of models, `NAME/VERSION/` or `NAME/` with the files of a model.
    package var store: String?
    /// Versions of a store's model that are served, the newest ones.
    package var maxVersions = 4

    package init(fixed: [ModelPlace], store: String? = nil) {
        self.fixed = fixed
        self.store = store
    }

    /// What is there now; each model's newest version first.
    func scan() -> [ModelPlace] {
        guard let store else { return fixed }
        let taken = Set(fixed.map(\.identity.name))
        let names = FolderListing(store).folders.filter { ModelIdentity.isValid(name: $0) && !taken.contains($0) }
            .sorted()
        return fixed + names.flatMap { places(of: $0, in: "\(store)/\($0)") }
    }

    private func places(of name: String, in folder: String) -> [ModelPlace] {
        let listing = FolderListing(folder)
        if listing.names.contains("config.json") {
            return [ModelPlace(ModelIdentity(name: name), folder: folder)]
        }
        let versions = listing.folders.compactMap { text in Int(text).flatMap { $0 > 0 && text == "\($0)" ? $0 : nil } }
        return versions.sorted(by: >).prefix(maxVersions).map { version in
            ModelPlace(ModelIdentity(name: name, version: version), folder: "\(folder)/\(version)")
        }
    }
}

/// The entries of a folder; none if it cannot be read.
private struct FolderListing {
    let path: String
    private(set) var names: [String] = []

    private static let limit = 10_000

    init(_ path: String) {
        self.path = path
        guard let folder = opendir(path) else { return }
        defer { closedir(folder) }
        while names.count < Self.limit, let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// Those that are folders, or links to folders.
    var folders: [String] {
        names.filter { name in
            var status = stat()
            return stat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }
}
