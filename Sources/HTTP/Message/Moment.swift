import Glibc

/// A point in time on the clock of `ContinuousClock`. Unlike an instant of that clock it has a layout that the compiler
/// knows, so that what holds one is moved and copied without looking up how.
package struct Moment: Comparable, Sendable {
    /// Since the system's start.
    private var uptime: Duration

    package static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Moment(uptime: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec))
    }

    package static func < (left: Moment, right: Moment) -> Bool {
        left.uptime < right.uptime
    }

    package static func - (end: Moment, start: Moment) -> Duration {
        end.uptime - start.uptime
    }

    package static func + (start: Moment, duration: Duration) -> Moment {
        Moment(uptime: start.uptime + duration)
    }

    package static func += (moment: inout Moment, duration: Duration) {
        moment.uptime += duration
    }
}
