import Glibc

/// How many cores this process may keep busy: the CPUs it is allowed on, and no more than its control groups' quota.
package enum ProcessorCount {
    /// The count for this process now; at least 1.
    package static func available() -> Int {
        var count =
            FileText.read("/proc/self/status").flatMap(allowedProcessors) ?? sysconf(Int32(_SC_NPROCESSORS_ONLN))
        if let membership = FileText.read("/proc/self/cgroup"),
            let quota = quota(membership: membership, root: "/sys/fs/cgroup", read: FileText.read)
        {
            count = min(count, cores(forQuota: quota))
        }
        return max(1, count)
    }

    /// The number of CPUs that a process may be scheduled on, its affinity; nil if the text does not say.
    ///
    /// - Parameter status: the text of `/proc/self/status`, with the mask as `Cpus_allowed:` and groups of hexadecimal
    ///   digits separated by commas.
    package static func allowedProcessors(status: String) -> Int? {
        let label = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(label) }) else { return nil }
        let digits = line.dropFirst(label.count).filter { !$0.isWhitespace && $0 != "," }.map(\.hexDigitValue)
        let count = digits.reduce(0) { $0 + ($1?.nonzeroBitCount ?? 0) }
        return digits.contains(nil) || count == 0 ? nil : count
    }

    /// The tightest CPU quota, in CPUs, on the path from a process's control group up to the root; nil without one.
    ///
    /// - Parameters:
    ///   - membership: the text of `/proc/self/cgroup`: lines of `id:controllers:path`, where version 2 names no
    ///     controller.
    ///   - root: where the hierarchies are mounted.
    ///   - read: gives a file's text, or nil where there is none.
    package static func quota(membership: String, root: String, read: (String) -> String?) -> Double? {
        var tightest: Double?
        for line in membership.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let controllers = fields[1].split(separator: ",")
            guard controllers.isEmpty || controllers.contains("cpu") else { continue }
            for folder in ancestors(of: fields[2]) {
                let limit: Double?
                if controllers.isEmpty {
                    limit = read(root + folder + "/cpu.max").flatMap(unifiedQuota)
                } else {
                    limit = legacyQuota(
                        quota: read(root + "/cpu" + folder + "/cpu.cfs_quota_us"),
                        period: read(root + "/cpu" + folder + "/cpu.cfs_period_us")
                    )
                }
                if let limit { tightest = min(tightest ?? limit, limit) }
            }
        }
        return tightest
    }

    /// Whole cores for a quota in CPUs: rounded up, at least 1.
    package static func cores(forQuota quota: Double) -> Int {
        guard quota > 1 else { return 1 }
        return Int(exactly: quota.rounded(.up)) ?? .max
    }

    /// Version 2, `cpu.max`: "quota period" in microseconds, or "max period" without a limit.
    private static func unifiedQuota(_ text: String) -> Double? {
        let words = text.split { $0.isWhitespace }
        guard words.count == 2 else { return nil }
        return ratio(quota: Int(words[0]), period: Int(words[1]))
    }

    /// Version 1: two files of one number each, in microseconds; a quota of −1 is no limit.
    private static func legacyQuota(quota: String?, period: String?) -> Double? {
        func number(_ text: String?) -> Int? {
            text?.split { $0.isWhitespace }.first.flatMap { Int($0) }
        }
        return ratio(quota: number(quota), period: number(period))
    }

    private static func ratio(quota: Int?, period: Int?) -> Double? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return Double(quota) / Double(period)
    }

    /// A folder's path and those of all folders above it, the root as an empty path.
    private static func ancestors(of path: Substring) -> [String] {
        var paths = [""]
        for component in path.split(separator: "/") {
            paths.append(paths[paths.count - 1] + "/" + component)
        }
        return paths
    }
}

/// Small text files of the kernel.
private enum FileText {
    /// The first 64 KB of a file; nil if it cannot be read.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
