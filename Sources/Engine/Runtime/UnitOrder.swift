/// The order of a step's units, each of which is one group of panels over one part of the pixels.
///
/// As many neighbouring parts as each thread gets come together, so that a thread works on the same rows in each step.
/// Among them units of a group follow each other, so that its weights stay in the cache.
struct UnitOrder {
    let groups: Int
    let parts: Int
    private let partsPerThread: Int

    init(groups: Int, parts: Int, threads: Int) {
        self.groups = groups
        self.parts = parts
        partsPerThread = parts < threads ? parts : (parts + threads - 1) / threads
    }

    subscript(unit: Int) -> (group: Int, part: Int) {
        let (thread, rest) = unit.quotientAndRemainder(dividingBy: groups * partsPerThread)
        let first = thread * partsPerThread
        let (group, part) = rest.quotientAndRemainder(dividingBy: min(partsPerThread, parts - first))
        return (group, first + part)
    }
}
