import Classification

/// Picture files whose classes are known.
struct LabelledPictures {
    struct Item {
        var path: String
        var classID: Int
    }

    private(set) var items: [Item] = []

    private static let maxListBytes = 256 << 20
    private static let maxNamed = 5

    /// - Parameters:
    ///   - path: a folder with a folder for each class, or a list (CSV) of files and classes.
    ///   - classes: the model's, by their names.
    /// - Throws: `CommandFailure` if there is nothing, or a class is not one of the model's.
    init(_ path: String, classes: ClassNames) throws(CommandFailure) {
        let named = ModelFolder.isFolder(path) ? try Self.folders(path) : try Self.list(path)
        guard !named.isEmpty else {
            throw CommandFailure(
                code: .noInput,
                message:
                    "there is nothing in \(path): give a folder with a folder of pictures for each class, or a CSV "
                    + "file with a file and its class on each line"
            )
        }
        var problems: [String] = []
        var known: [String: Int?] = [:]
        for (file, name) in named {
            let classID = known[name] ?? Self.classID(name, classes, &problems)
            known[name] = classID
            if let classID { items.append(Item(path: file, classID: classID)) }
        }
        guard problems.isEmpty else {
            let more = problems.count > Self.maxNamed ? ", and \(problems.count - Self.maxNamed) more" : ""
            throw CommandFailure(
                code: .badData,
                message: "not classes of this model: \(problems.prefix(Self.maxNamed).joined(separator: ", "))\(more); "
                    + "name them by label, by identifier (synsets.txt) or by index"
            )
        }
    }

    private static func classID(_ name: String, _ classes: ClassNames, _ problems: inout [String]) -> Int? {
        switch classes.match(name) {
        case .index(let index): return index
        case .none:
            problems.append("\"\(name)\"")
            return nil
        case .several(let indices):
            problems.append("\"\(name)\" (\(indices.map(String.init).joined(separator: " or ")))")
            return nil
        }
    }

    /// Each folder's pictures, with the folder's name.
    private static func folders(_ path: String) throws(CommandFailure) -> [(file: String, name: String)] {
        do throws(InputFile.Failure) {
            return try Folder.entries(of: path).filter { $0.kind == .folder }.flatMap { folder in
                PictureFiles([folder.path]).paths.map { ($0, folder.name) }
            }
        } catch {
            throw CommandFailure(code: .noInput, message: "cannot read \(path): \(error)")
        }
    }

    /// The list's lines; files are looked for from where the list is. A first line whose first word is "file" names the
    /// columns.
    private static func list(_ path: String) throws(CommandFailure) -> [(file: String, name: String)] {
        let text: [UInt8]
        do throws(InputFile.Failure) {
            text = try InputFile.read(path, limit: maxListBytes)
        } catch {
            throw CommandFailure(code: .noInput, message: "cannot read \(path): \(error)")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var records = CSV.records(text)[...]
        if records.first?.first?.lowercased() == "file" { records = records.dropFirst() }
        var named: [(file: String, name: String)] = []
        for record in records {
            guard record.count >= 2 else {
                throw CommandFailure(
                    code: .badData,
                    message: "\(path): \"\(CSV.line(record))\" is no file and class with a comma between"
                )
            }
            named.append((record[0].hasPrefix("/") ? record[0] : folder + record[0], record[1]))
        }
        return named
    }
}
