import Glibc

/// What the system says of this process, under the names that Prometheus' own clients use.
struct ProcessStatistics {
    /// User and system time, in seconds.
    let processorSeconds: Double
    let residentBytes: Int?
    let openDescriptors: Int?
    let maxDescriptors: Int?

    /// As things are now.
    init() {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        processorSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        residentBytes = Self.readResidentBytes()
        openDescriptors = Self.countDescriptors()
        var limit = rlimit()
        let status = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        maxDescriptors = status == 0 ? Int(clamping: limit.rlim_cur) : nil
    }

    func write(to exposition: inout Exposition) {
        exposition.single(
            "process_cpu_seconds_total",
            .counter,
            help: "User and system CPU time spent.",
            processorSeconds
        )
        let gauges = [
            ("process_resident_memory_bytes", "Resident memory.", residentBytes),
            ("process_open_fds", "Open file descriptors.", openDescriptors),
            ("process_max_fds", "Most file descriptors that may be open.", maxDescriptors),
        ]
        for case (let name, let help, let value?) in gauges {
            exposition.single(name, .gauge, help: help, Double(value))
        }
    }

    /// The second number of `/proc/self/statm`, in pages.
    private static func readResidentBytes() -> Int? {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let words = buffer[..<count].split(separator: UInt8(ascii: " "))
        guard words.count > 1, let pages = Int(String(decoding: words[1], as: UTF8.self)) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func countDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var entries = 0
        while readdir(folder) != nil { entries += 1 }
        // "." and "..", and the folder's own descriptor.
        return entries - 3
    }
}
