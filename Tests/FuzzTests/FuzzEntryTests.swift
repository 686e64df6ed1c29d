import Foundation
import FuzzEntries
import Testing

/// What fuzzing found worth keeping, read once more: nothing may trap, with each seed as it is and a little changed.
@Suite struct FuzzEntryTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzz")

    private func seeds(of entry: FuzzEntry) throws -> [[UInt8]] {
        let folder = Self.folder.appending(path: "Seeds/\(entry.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.sorted { $0.path() < $1.path() }.map { [UInt8](try Data(contentsOf: $0)) }
    }

    @Test(arguments: FuzzEntry.allCases)
    func everySeedIsRead(entry: FuzzEntry) throws {
        let seeds = try seeds(of: entry)
        #expect(seeds.count >= 10)
        for seed in seeds { entry.run(seed) }
    }

    @Test(arguments: FuzzEntry.allCases)
    func changedSeedsAreRead(entry: FuzzEntry) throws {
        var state: UInt32 = 1
        func random(below limit: Int) -> Int {
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int(state >> 8) % max(1, limit)
        }
        for var seed in try seeds(of: entry) {
            for _ in 0..<20 {
                let place = random(below: seed.count)
                switch random(below: 4) {
                case 0: seed.removeSubrange(min(place, seed.count)...)
                case 1: seed.insert(UInt8(random(below: 256)), at: place)
                case _ where seed.isEmpty: seed = [UInt8(random(below: 256))]
                default: seed[place] ^= UInt8(1 << random(below: 8))
                }
                entry.run(seed)
            }
        }
    }

    /// Every target of the package is an entry here, and the other way round.
    @Test func everyTargetHasItsEntry() throws {
        let folder = Self.folder.appending(path: "Targets")
        let targets = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(Set(targets) == Set(FuzzEntry.allCases.map(\.rawValue)))
    }
}
