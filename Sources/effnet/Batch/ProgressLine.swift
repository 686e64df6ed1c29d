import Glibc
import Serving

/// How far a command is, on standard error: one line that is written over on a terminal, a line now and then elsewhere.
struct ProgressLine {
    private enum Style { case terminal, log, none }

    private let style: Style
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?

    /// Between lines that stay.
    private static let logInterval: Duration = .seconds(10)
    private static let barWidth = 24

    /// - Parameter sharesTerminal: whether results go to standard output meanwhile; a line that is written over would
    ///   mix with them on one terminal.
    init(sharesTerminal: Bool = true) {
        if isatty(STDERR_FILENO) == 1 {
            style = sharesTerminal && isatty(STDOUT_FILENO) == 1 ? .none : .terminal
        } else {
            style = .log
        }
    }

    /// Shows a text, at most ten times a second and not in the first half second; on a terminal only.
    mutating func show(_ text: @autoclosure () -> String) {
        guard style == .terminal, isDue(after: .milliseconds(100), first: .milliseconds(500)) else { return }
        Console.write("\r\u{1b}[K" + text(), to: STDERR_FILENO)
    }

    /// Shows how much of a number of files is done, how fast, and how long the rest will take.
    mutating func show(done: Int, of total: Int) {
        let text = { [start] in
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let rate = Double(done) / max(seconds, 0.001)
            let left = Duration.seconds(Double(total - done) / max(rate, 0.001))
            return "\(done) of \(total) files, \(Int(rate.rounded())) a second, \(TimeText(left)) left"
        }
        switch style {
        case .terminal: show(Self.bar(Double(done) / Double(max(total, 1))) + " " + text())
        case .log:
            if isDue(after: Self.logInterval, first: Self.logInterval) { Console.error("effnet: " + text()) }
        case .none: break
        }
    }

    /// Takes the line away.
    mutating func clear() {
        guard style == .terminal, lastShown != nil else { return }
        lastShown = nil
        Console.write("\r\u{1b}[K", to: STDERR_FILENO)
    }

    private mutating func isDue(after interval: Duration, first: Duration) -> Bool {
        let now = ContinuousClock.now
        guard now - start > first, now - (lastShown ?? start) > interval else { return false }
        lastShown = now
        return true
    }

    private static func bar(_ share: Double) -> String {
        let full = Int((min(max(share, 0), 1) * Double(barWidth)).rounded())
        return "[" + String(repeating: "█", count: full) + String(repeating: "·", count: barWidth - full) + "]"
    }
}

/// A duration as people say it: "48 s", "3 min 05 s", "2 h 10 min".
struct TimeText: CustomStringConvertible {
    let description: String

    init(_ duration: Duration) {
        let seconds = Int(min(max(0, (duration / .seconds(1)).rounded()), 1e9))
        let (minutes, hours) = (seconds / 60, seconds / 3600)
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        description =
            if hours > 0 {
                "\(hours) h \(padded(minutes % 60)) min"
            } else if minutes > 0 {
                "\(minutes) min \(padded(seconds % 60)) s"
            } else {
                "\(seconds) s"
            }
    }
}
