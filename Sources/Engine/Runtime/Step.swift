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

    func unitCount(images: Int) -> Int
    func run(unit: Int, _ context: RunContext)
}

/// What a run gives to its steps.
///
/// Unchecked: the pointers stay valid during the run, and units write to disjoint places.
struct RunContext: @unchecked Sendable {
    /// Images of this run.
    let images: Int
    let arena: UnsafeMutablePointer<Float>
    let weights: UnsafePointer<Float>
    let input: BatchInput

    /// One image of a buffer.
    func address(_ buffer: Buffer, image: Int) -> UnsafeMutablePointer<Float> {
        arena + buffer.offset * images + image * buffer.layout.imageStride
    }
}
