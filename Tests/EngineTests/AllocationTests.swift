import Engine
import Glibc
import Synchronization
import TestSupport
import Testing

/// Inference takes no memory from the heap: a run allocates what it returns, and nothing for each layer.
@Suite(.serialized)
struct AllocationTests {
    @Test(arguments: ["lite0-real", "b0-odd"])
    func layersAllocateNothing(name: String) throws {
        let golden = try LogitGolden(name)
        let session = try GoldenLogitsTests.session(golden, set: .best, maxBatch: 8)
        let images = golden.inputShape[0]
        let input = BatchInput.tensor(golden.input, images: images)
        _ = try session.run(input)

        let counter = try #require(AllocationCounter.shared)
        let allocations = try counter.count { _ = try session.run(input) }
        #expect(allocations > 0, "the counter does not count")
        // Two arrays an image, the array of all, and the run's own state; the networks have about a hundred layers.
        #expect(allocations <= 2 * images + 16, "\(allocations) allocations")
    }
}

/// Counts the Swift runtime's allocations on the calling thread, through the hook that it has for measuring tools.
private final class AllocationCounter: Sendable {
    private typealias Allocate = @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?

    /// Nil where the runtime has no such hook.
    static let shared = AllocationCounter()

    private static let original = Mutex<Allocate?>(nil)
    private static let counted = Atomic<Int>(0)
    /// The thread whose allocations count; 0 for none.
    private static let thread = Atomic<UInt>(0)

    private init?() {
        let runtime = dlopen(nil, RTLD_NOW)
        guard let hook = dlsym(runtime, "_swift_allocObject"),
            let switchOn = dlsym(
                runtime,
                "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly"
            )
        else { return nil }
        let function = hook.assumingMemoryBound(to: Allocate.self)
        let original = function.pointee
        Self.original.withLock { $0 = original }
        function.pointee = { metadata, size, alignment in
            if AllocationCounter.thread.load(ordering: .relaxed) == UInt(pthread_self()) {
                AllocationCounter.counted.add(1, ordering: .relaxed)
            }
            return AllocationCounter.original.withLock { $0 }?(metadata, size, alignment)
        }
        switchOn.assumingMemoryBound(to: Bool.self).pointee = true
    }

    func count(_ body: () throws -> Void) rethrows -> Int {
        Self.counted.store(0, ordering: .relaxed)
        Self.thread.store(UInt(pthread_self()), ordering: .relaxed)
        defer { Self.thread.store(0, ordering: .relaxed) }
        try body()
        return Self.counted.load(ordering: .relaxed)
    }
}
