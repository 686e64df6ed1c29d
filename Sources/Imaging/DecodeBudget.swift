import Glibc

/// The memory that all decodes share. A decode reserves what it will need before it spends it and waits, in the order
/// of asking, until that much is free.
package final class DecodeBudget: @unchecked Sendable {
    // Unchecked: everything mutable is touched only between lock and unlock of `mutex`.

    /// Bytes.
    package let limit: Int

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var inUse = 0
    /// The number the next decode draws, and the one whose turn it is.
    private var nextTicket = 0
    private var turn = 0

    package init(limit: Int) {
        self.limit = limit
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Bytes that are reserved now.
    package var reserved: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return inUse
    }

    /// Runs `body` while `bytes` of the budget are its own; the calling thread waits for them.
    ///
    /// - Throws: `tooMuchMemory` at once if the whole budget would not do; what `body` throws.
    func withReservation<Result: ~Copyable>(
        of bytes: Int,
        _ body: () throws(ImageError) -> Result
    ) throws(ImageError) -> Result {
        guard bytes <= limit else { throw .tooMuchMemory(needed: bytes, limit: limit) }
        reserve(bytes)
        defer { release(bytes) }
        return try body()
    }

    private func reserve(_ bytes: Int) {
        pthread_mutex_lock(mutex)
        let ticket = nextTicket
        nextTicket += 1
        while ticket != turn || inUse + bytes > limit {
            pthread_cond_wait(changed, mutex)
        }
        turn += 1
        inUse += bytes
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    private func release(_ bytes: Int) {
        pthread_mutex_lock(mutex)
        inUse -= bytes
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}
