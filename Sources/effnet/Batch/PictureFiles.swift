import Glibc

/// The picture files that a user means by files and folders.
struct PictureFiles {
    private static let endings = [".jpg", ".jpeg", ".jpe", ".png"]

    /// In the order of the arguments; what is in a folder is sorted by name.
    private(set) var paths: [String] = []
    /// Folders that cannot be read, with the reason.
    private(set) var unreadable: [(path: String, reason: String)] = []

    /// Files are taken as they are. Folders are searched, with all folders in them, for files whose names end as those
    /// of pictures do; hidden ones and links to folders are passed by.
    init(_ arguments: [String]) {
        for argument in arguments {
            if ModelFolder.isFolder(argument) { search(argument) } else { paths.append(argument) }
        }
    }

    private mutating func search(_ folder: String) {
        let entries: [Folder.Entry]
        do throws(InputFile.Failure) {
            entries = try Folder.entries(of: folder)
        } catch {
            unreadable.append((folder, error.description))
            return
        }
        for entry in entries {
            switch entry.kind {
            case .folder: search(entry.path)
            case .file where Self.isPicture(entry.name): paths.append(entry.path)
            case .file: break
            }
        }
    }

    static func isPicture(_ name: String) -> Bool {
        let name = name.lowercased()
        return endings.contains { name.hasSuffix($0) }
    }
}

/// What is in folders.
enum Folder {
    struct Entry {
        enum Kind { case file, folder }

        let name: String
        let path: String
        let kind: Kind
    }

    /// Files and folders, sorted by name. Hidden ones, and links to folders, are left out.
    static func entries(of folder: String) throws(InputFile.Failure) -> [Entry] {
        guard let directory = opendir(folder) else { throw .system }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().compactMap { name in
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            return kind(of: path).map { Entry(name: name, path: path, kind: $0) }
        }
    }

    private static func kind(of path: String) -> Entry.Kind? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT == S_IFDIR { return .folder }
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
        return .file
    }
}
