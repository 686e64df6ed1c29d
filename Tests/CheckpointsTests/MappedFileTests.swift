import Checkpoints
import Glibc
import TestSupport
import Testing

@Suite struct MappedFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func holdsTheFilesBytes() throws {
        let path = try folder.write("a", [1, 2, 3])
        let file = try MappedFile(path: path, limit: 3)
        #expect(withExtendedLifetime(file) { Array(file.bytes) } == [1, 2, 3])
    }

    @Test func outlivesTheFilesName() throws {
        let path = try folder.write("a", [1, 2, 3])
        let file = try MappedFile(path: path, limit: 3)
        unlink(path)
        #expect(withExtendedLifetime(file) { Array(file.bytes) } == [1, 2, 3])
    }

    @Test func refusesMoreThanTheLimit() throws {
        let path = try folder.write("a", [1, 2, 3])
        let error = try #require(throws: CheckpointError.self) { try MappedFile(path: path, limit: 2) }
        #expect(error.kind == .tooLarge)
        #expect(error.problem.contains("3 bytes"))
    }

    @Test func refusesAnEmptyFile() throws {
        let path = try folder.write("a", [])
        #expect(try #require(throws: CheckpointError.self) { try MappedFile(path: path, limit: 2) }.kind == .malformed)
    }

    @Test func refusesAFolder() throws {
        let error = try #require(throws: CheckpointError.self) { try MappedFile(path: folder.path, limit: 2) }
        #expect(error.kind == .inaccessible)
    }

    @Test func refusesANamedPipeWithoutWaiting() throws {
        let path = "\(folder.path)/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let error = try #require(throws: CheckpointError.self) { try MappedFile(path: path, limit: 2) }
        #expect(error.problem == "this is not a regular file")
    }

    @Test(arguments: ["none", "file/none"]) func namesWhatIsNotThere(name: String) throws {
        try folder.write("file", [1])
        let error = try #require(throws: CheckpointError.self) {
            try MappedFile(path: "\(folder.path)/\(name)", limit: 2)
        }
        #expect(error.kind == .notFound)
        #expect(error.path.hasSuffix(name))
    }
}
