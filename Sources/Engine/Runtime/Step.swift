internal import CIntrinsics

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

    /// Called by each of several threads before it draws units: a chance to ask for what other cores' caches hold.
    func prepare(_ context: RunContext)
    func unitCount(_ context: RunContext) -> Int
    func run(unit: Int, _ context: RunContext)
}

extension Step {
    var weightCount: Int { 0 }
    var scratchCount: Int { 0 }
    func prepare(_ context: RunContext) {}
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
    /// Threads that work on the step.
    var threads = 1
    let input: BatchInput
    let weights: UnsafePointer<Float>
    /// The memory of the first phase, and of the second for all images of the batch.
    var imageArena: UnsafeMutablePointer<Float>
    let batchArena: UnsafeMutablePointer<Float>
    /// Words from one image's to the next one's.
    let batchArenaStride: Int
    /// For the calling thread alone.
    var scratch: UnsafeMutablePointer<Float>

    /// Asks for all of a buffer at once: what another core wrote comes late one cache line after the other.
    func prefetch(_ buffer: Buffer) {
        for image in 0..<images {
            let base = UnsafeRawPointer(address(buffer, image: image))
            for offset in stride(from: 0, to: buffer.layout.imageStride * MemoryLayout<Float>.stride, by: 64) {
                effnet_prefetch(base + offset)
            }
        }
    }

    /// One of the step's images in a buffer.
    func address(_ buffer: Buffer, image: Int) -> UnsafeMutablePointer<Float> {
        guard buffer.isBatched else { return imageArena + buffer.offset }
        return batchArena + (firstImage + image) * batchArenaStride + buffer.offset
    }
}
