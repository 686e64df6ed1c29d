import Glibc

/// The process's limit on open descriptors, of which each connection takes one.
package enum DescriptorLimit {
    /// Raises the soft limit as far as the hard limit allows.
    /// - Returns: the limit that now holds; nil when the system does not tell.
    @discardableResult
    package static func raise() -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        let holds = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 ? raised : limit
        return Int(clamping: holds.rlim_cur)
    }
}
