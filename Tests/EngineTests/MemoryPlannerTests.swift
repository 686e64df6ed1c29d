import Engine
import Testing

struct MemoryPlannerTests {
    @Test
    func reusesMemoryOfDeadBuffers() {
        let (offsets, size) = MemoryPlanner.place([
            MemoryPlanner.Request(size: 100, life: 0...1), MemoryPlanner.Request(size: 50, life: 1...2),
            MemoryPlanner.Request(size: 100, life: 2...3),
        ])
        #expect(offsets[0] == offsets[2])
        #expect(size == 112 + 64, "two cache-line-sized places")
    }

    @Test
    func placesNothing() {
        #expect(MemoryPlanner.place([]).size == 0)
    }

    /// Random lives: what lives at the same time never overlaps, everything is aligned and inside.
    @Test(arguments: 1...20)
    func neverOverlaps(seed: Int) {
        var generator = SystemlessGenerator(state: UInt64(seed))
        let buffers = (0..<40).map { _ in
            let start = Int.random(in: 0..<30, using: &generator)
            let life = start...(start + Int.random(in: 0..<8, using: &generator))
            return (size: Int.random(in: 1..<1_000, using: &generator), life: life)
        }
        let (offsets, size) = MemoryPlanner.place(
            buffers.map { MemoryPlanner.Request(size: $0.size, life: $0.life) }
        )
        for first in buffers.indices {
            #expect(offsets[first] % MemoryPlanner.alignment == 0)
            #expect(offsets[first] + buffers[first].size <= size)
            for second in buffers.indices where second > first && buffers[first].life.overlaps(buffers[second].life) {
                let ranges = [first, second].map { offsets[$0]..<(offsets[$0] + buffers[$0].size) }
                #expect(!ranges[0].overlaps(ranges[1]), "\(first) and \(second)")
            }
        }
    }
}

/// A seeded source of random numbers.
private struct SystemlessGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
