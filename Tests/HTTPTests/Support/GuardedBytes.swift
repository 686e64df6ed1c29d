import Glibc

/// Memory that ends at a page nobody may read: a parser that looks one byte too far crashes.
final class GuardedBytes {
    private let mapping: UnsafeMutableRawPointer
    private let readableSize: Int
    private let page = Int(getpagesize())

    init?(capacity: Int) {
        readableSize = (capacity / page + 1) * page
        guard let mapping = mmap(nil, readableSize + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            mapping != MAP_FAILED, mprotect(mapping + readableSize, page, PROT_NONE) == 0
        else { return nil }
        self.mapping = mapping
    }

    deinit {
        munmap(mapping, readableSize + page)
    }

    /// Calls `body` with a copy of `bytes`, no more than the capacity, that ends at the guard page.
    func withCopy(of bytes: ArraySlice<UInt8>, _ body: (Span<UInt8>) -> Void) {
        let start = mapping + (readableSize - bytes.count)
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: start, count: bytes.count).copyMemory(from: $0) }
        body(UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: bytes.count).span)
    }
}
