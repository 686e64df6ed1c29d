import CMalloc

/// The settings of glibc's allocator that suit a service of a few threads and large buffers.
package enum ProcessMemory {
    /// Few arenas, so that what one thread frees serves the others; and everything large from the system, and at once
    /// back to it. To be called before the first thread is started.
    package static func configure() {
        mallopt(M_ARENA_MAX, 2)
        mallopt(M_MMAP_THRESHOLD, 4 << 20)
        mallopt(M_TRIM_THRESHOLD, 8 << 20)
    }

    /// Gives free memory back to the system.
    static func trim() {
        malloc_trim(0)
    }
}
