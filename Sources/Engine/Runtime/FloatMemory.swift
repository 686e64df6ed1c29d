internal import Glibc

/// Memory of floats from the operating system: zero at first, aligned to a cache line, given back when the object ends.
///
/// Large memories ask for huge pages, which spare the kernels most misses of the address translation.
///
/// Unchecked: who shares it sees to it that nobody writes what another one reads.
final class FloatMemory: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let count: Int
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int

    private static let hugePage = 2 << 20

    /// - Parameter count: floats.
    /// - Throws: `MemoryError` when the system has no more.
    init(count: Int) throws(MemoryError) {
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        // Room to begin at a huge page. What is never touched costs nothing.
        mappedBytes = bytes + Self.hugePage
        let mapped = mmap(nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else { throw MemoryError(bytes: bytes) }
        mapping = mapped
        let aligned = mapped.alignedUp(toMultipleOf: Self.hugePage)
        if bytes >= Self.hugePage { madvise(aligned, bytes, MADV_HUGEPAGE) }
        base = aligned.bindMemory(to: Float.self, capacity: count)
        self.count = count
    }

    deinit { munmap(mapping, mappedBytes) }
}

/// The operating system refused memory.
package struct MemoryError: Error, CustomStringConvertible {
    package let bytes: Int

    package var description: String {
        "there is no memory for \(bytes) more bytes: give the process more, or lower --max-batch"
    }
}
