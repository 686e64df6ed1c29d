/// Gives each buffer a place in one arena, so that buffers that live at the same time never overlap.
///
/// Greedy by size: the largest buffer first, each at the lowest offset that is free during its whole life (Pisarchyk
/// and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
package struct MemoryPlanner {
    package struct Request: Sendable {
        var size: Int
        var life: ClosedRange<Int>

        /// - Parameters:
        ///   - size: in words.
        ///   - life: from the step that writes it to the last one that reads it.
        package init(size: Int, life: ClosedRange<Int>) {
            self.size = size
            self.life = life
        }
    }

    /// All offsets and sizes are rounded up to this many words: a cache line.
    package static let alignment = 16

    /// - Returns: an offset for each request, and the size of the arena.
    package static func place(_ requests: [Request]) -> (offsets: [Int], size: Int) {
        var offsets = [Int](repeating: 0, count: requests.count)
        var placed: [(range: Range<Int>, life: ClosedRange<Int>)] = []
        let order = requests.indices.sorted { (requests[$0].size, $1) > (requests[$1].size, $0) }
        for index in order {
            let request = requests[index]
            let size = (request.size + alignment - 1) / alignment * alignment
            let taken = placed.filter { $0.life.overlaps(request.life) }.map(\.range)
                .sorted { $0.lowerBound < $1.lowerBound }
            var offset = 0
            for range in taken where range.lowerBound < offset + size { offset = max(offset, range.upperBound) }
            offsets[index] = offset
            placed.append((offset..<offset + size, request.life))
        }
        return (offsets, placed.map(\.range.upperBound).max() ?? 0)
    }
}
