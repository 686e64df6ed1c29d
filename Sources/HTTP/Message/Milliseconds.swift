/// A duration as people and logs read it: milliseconds with three decimals, never less than zero.
package struct Milliseconds: Sendable, CustomStringConvertible {
    package let duration: Duration

    package init(_ duration: Duration) {
        self.duration = duration
    }

    package var description: String {
        let (seconds, attoseconds) = max(.zero, duration).components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (micros, carry) = scaled.addingReportingOverflow((attoseconds + 500_000_000_000) / 1_000_000_000_000)
        guard !overflow, !carry else { return "\(seconds)000.000" }
        // From the right: three digits, the point, and at least one digit.
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { text in
            var start = text.count
            var rest = micros
            while rest > 0 || start > text.count - 5 {
                start -= 1
                guard start != text.count - 4 else {
                    text[start] = UInt8(ascii: ".")
                    continue
                }
                text[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            return String(decoding: text[start...], as: UTF8.self)
        }
    }
}
