extension [Float] {
    /// Where more are asked for, sorting all of them is faster.
    private static let fewNumbers = 64

    /// The indices of the `count` largest numbers, largest first; of equal ones the lower index comes first.
    func indicesOfLargest(_ count: Int) -> [Int] {
        guard count <= Self.fewNumbers else {
            return Array<Int>(indices.sorted { (self[$1], $0) < (self[$0], $1) }.prefix(count))
        }
        guard count > 0 else { return [] }
        var largest: [Int] = []
        for index in indices {
            if largest.count == count {
                guard self[index] > self[largest[count - 1]] else { continue }
                largest.removeLast()
            }
            let place = largest.firstIndex { self[$0] < self[index] } ?? largest.endIndex
            largest.insert(index, at: place)
        }
        return largest
    }
}
