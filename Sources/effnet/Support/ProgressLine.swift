import Glibc
import Serving

/// One line on standard error that is written over as work goes on; silent where nobody would see it.
struct ProgressLine {
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?

    /// Shown if standard error is a terminal and standard output, whose lines would mix with it, is none.
    init() {
        isShown = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0
    }

    /// Shows a text, at most ten times a second and not in the first half second.
    mutating func show(_ text: @autoclosure () -> String) {
        let now = ContinuousClock.now
        guard isShown, now - start > .milliseconds(500), now - (lastShown ?? start) > .milliseconds(100) else { return }
        lastShown = now
        Console.write("\r\u{1b}[K" + text(), to: STDERR_FILENO)
    }

    /// Shows how much of a number of files is done, and how fast.
    mutating func show(done: Int, of total: Int) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let rate = Double(done) / max(seconds, 0.001)
        let left = Double(total - done) / max(rate, 0.001)
        show("\(done)/\(total) files, \(Int(rate.rounded())) a second, \(Int(left.rounded())) s left")
    }

    /// Takes the line away.
    mutating func clear() {
        guard lastShown != nil else { return }
        lastShown = nil
        Console.write("\r\u{1b}[K", to: STDERR_FILENO)
    }
}
