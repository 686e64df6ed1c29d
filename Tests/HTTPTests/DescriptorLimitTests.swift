import Glibc
import HTTP
import Testing

@Suite struct DescriptorLimitTests {
    @Test func raisesTheSoftLimitToTheHardOne() throws {
        let limit = try #require(DescriptorLimit.raise())
        var now = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &now) == 0)
        #expect(now.rlim_cur == now.rlim_max)
        #expect(limit == Int(clamping: now.rlim_cur))
    }
}
