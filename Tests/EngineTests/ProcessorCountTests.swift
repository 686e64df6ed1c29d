import Engine
import Testing

@Suite struct ProcessorCountTests {
    /// A file system of a few texts.
    private func quota(_ membership: String, _ files: [String: String]) -> Double? {
        ProcessorCount.quota(membership: membership, root: "/sys/fs/cgroup") { files[$0] }
    }

    @Test func versionTwoQuota() {
        #expect(quota("0::/\n", ["/sys/fs/cgroup/cpu.max": "150000 100000\n"]) == 1.5)
        #expect(quota("0::/\n", ["/sys/fs/cgroup/cpu.max": "max 100000\n"]) == nil)
        #expect(quota("0::/\n", [:]) == nil)
    }

    @Test func theTightestAncestorWins() {
        let files = [
            "/sys/fs/cgroup/a/cpu.max": "50000 100000",
            "/sys/fs/cgroup/a/b/cpu.max": "300000 100000",
            "/sys/fs/cgroup/a/b/c/cpu.max": "max 100000",
        ]
        #expect(quota("0::/a/b/c\n", files) == 0.5)
        #expect(quota("0::/other\n", files) == nil)
    }

    @Test func versionOneQuota() {
        let membership = "5:memory:/m\n4:cpu,cpuacct:/docker/x\n1:name=systemd:/s\n"
        let limited = [
            "/sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us": "250000\n",
            "/sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us": "100000\n",
        ]
        #expect(quota(membership, limited) == 2.5)
        let unlimited = [
            "/sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us": "-1\n",
            "/sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us": "100000\n",
        ]
        #expect(quota(membership, unlimited) == nil)
    }

    @Test(arguments: ["", "max", "x y", "100000 0", "-5 100000", "99999999999999999999 1", "1 2 3"])
    func malformedFilesAreNoQuota(text: String) {
        #expect(quota("0::/\n", ["/sys/fs/cgroup/cpu.max": text]) == nil)
    }

    @Test(arguments: [(0.1, 1), (1.0, 1), (1.01, 2), (2.5, 3), (4.0, 4), (1e30, Int.max)])
    func quotasRoundUpToWholeCores(quota: Double, cores: Int) {
        #expect(ProcessorCount.cores(forQuota: quota) == cores)
    }

    @Test(arguments: [
        ("Name:\teffnet\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2),
        ("Cpus_allowed:\tff,ffffffff,00000001\n", 41),
        ("Cpus_allowed:\t0\n", nil),
        ("Cpus_allowed:\txyz\n", nil),
        ("Cpus_allowed:\n", nil),
        ("Name:\teffnet\n", nil),
    ])
    func affinityMasks(status: String, count: Int?) {
        #expect(ProcessorCount.allowedProcessors(status: status) == count)
    }

    @Test func thisProcessHasACore() {
        #expect(ProcessorCount.available() >= 1)
    }
}
