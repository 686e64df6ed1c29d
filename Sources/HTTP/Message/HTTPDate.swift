import Glibc

/// The time format of HTTP, IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
package enum HTTPDate {
    /// - Parameter seconds: since 1970-01-01 00:00:00 UTC, without leap seconds.
    package static func format(secondsSince1970 seconds: Int) -> String {
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let second = seconds - days * 86_400
        let (year, month, day) = civilDate(days: days)
        let weekday = ((days + 4) % 7 + 7) % 7
        return "\(weekdays[weekday]), \(padded(day)) \(months[month - 1]) \(year) "
            + "\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func padded(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    /// The proleptic Gregorian date of a day count since 1970-01-01: eras of 400 years that begin in March, so that
    /// the leap day is a year's last.
    private static func civilDate(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

/// The current time as a Date field's value, formatted once a second.
struct DateStamp {
    private var second = 0
    private var text: [UInt8] = []

    mutating func now() -> [UInt8] {
        let current = time(nil)
        if current != second || text.isEmpty {
            second = current
            text = Array(HTTPDate.format(secondsSince1970: current).utf8)
        }
        return text
    }
}
