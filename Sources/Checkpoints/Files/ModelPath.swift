import Glibc

/// Questions about paths.
enum ModelPath {
    enum Kind {
        case folder, file
    }

    /// Nil where there is nothing.
    static func kind(of path: String) -> Kind? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The folder of a model that is one, or a file in it.
    static func folder(ofModel model: String) -> String {
        kind(of: model) == .folder ? model : parent(of: model)
    }

    /// The last component of a path, looked up when the path only says ".", ".." or "/".
    static func name(of path: String) -> String {
        func lastComponent(_ path: String) -> String? {
            path.split(separator: "/").last.map(String.init)
        }
        if let name = lastComponent(path), name != ".", name != ".." { return name }
        guard let resolved = realpath(path, nil) else { return "model" }
        defer { free(resolved) }
        return lastComponent(String(cString: resolved)) ?? "model"
    }

    /// Whether a name leads to a file of the same folder, and nowhere else.
    static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    /// The files of a folder, sorted.
    static func files(in folder: String) throws(CheckpointError) -> [String] {
        guard let directory = opendir(folder) else {
            throw CheckpointError(systemError: errno, path: folder, action: "read")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if kind(of: "\(folder)/\(name)") == .file { names.append(name) }
        }
        return names.sorted()
    }
}
