import FoundationEssentials

/// A folder of its own for one test, removed with everything in it when the object ends.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "effnet-tests-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file; folders in its name are made.
    ///
    /// - Returns: the file's path.
    @discardableResult
    package func write(_ name: String, _ content: [UInt8]) throws -> String {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: file)
        return file.path
    }

    /// Writes a text file, in UTF-8.
    @discardableResult
    package func write(_ name: String, _ content: String) throws -> String {
        try write(name, Array(content.utf8))
    }

    /// Removes a file or folder.
    package func remove(_ name: String) throws {
        try FileManager.default.removeItem(at: URL(filePath: path).appending(path: name))
    }

    /// The text of a file.
    package static func text(at path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}
