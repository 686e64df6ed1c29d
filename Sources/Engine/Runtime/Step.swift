/// One stage of a plan: work on the whole batch, cut into units that may run in any order and on any thread.
///
/// How it is cut never changes a result: each output number is computed by one unit, in an order of its own.
protocol Step: Sendable {
    /// The node's name.
    var name: String { get }
    /// What it computes, in a word or two.
    var kind: String { get }
    /// Multiply-adds for one image.
    var multiplyAdds: Int { get }

    /// What it reads and writes.
    var buffers: [Buffer] { get }
    /// Words of packed weights that it reads.
    var weightCount: Int { get }
    /// Words of scratch memory that a thread needs for its units.
    var scratchCount: Int { get }

    func unitCount(images: Int) -> Int
    func run(unit: Int, _ context: RunContext)
}

extension Step {
    var weightCount: Int { 0 }
    var scratchCount: Int { 0 }
}

/// What a run gives to its steps.
///
/// Unchecked: the pointers stay valid during the run, and units write to disjoint places.
struct RunContext: @unchecked Sendable {
    /// Images that the step works on: one in the first phase, some or all of the batch in the second.
    var images: Int
    /// The first of them, counted in the batch.
    var firstImage = 0
    /// Images of the run.
    let batch: Int
    let input: BatchInput
    let weights: UnsafePointer<Float>
    /// The memory of the first phase, and of the second.
    var imageArena: UnsafeMutablePointer<Float>
    let batchArena: UnsafeMutablePointer<Float>
    /// For the calling thread alone.
    var scratch: UnsafeMutablePointer<Float>

    /// One of the step's images in a buffer.
    func address(_ buffer: Buffer, image: Int) -> UnsafeMutablePointer<Float> {
        guard buffer.isBatched else { return imageArena + buffer.offset }
        return batchArena + buffer.offset * batch + (firstImage + image) * buffer.layout.imageStride
    }
}
