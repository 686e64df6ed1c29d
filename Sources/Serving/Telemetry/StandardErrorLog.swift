import Glibc
import HTTP
package import Logging

/// A log handler that writes one line an event to standard error, as text or as JSON.
package struct StandardErrorLog: LogHandler {
    package enum Format: String, Sendable, CaseIterable { case text, json }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let format: Format
    private let writer: LogWriter

    package init(format: Format, level: Logger.Level, writer: LogWriter = .standardError) {
        self.format = format
        self.writer = writer
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        writer.write(
            Self.line(
                time: .now,
                level: event.level,
                message: event.message.description,
                metadata: metadata.merging(event.metadata ?? [:]) { $1 },
                format: format
            )
        )
    }

    /// One event as a line with its line feed. Metadata come sorted by key.
    package static func line(
        time: WallClockTime,
        level: Logger.Level,
        message: String,
        metadata: Logger.Metadata,
        format: Format
    ) -> [UInt8] {
        let sorted = metadata.sorted { $0.key < $1.key }
        switch format {
        case .json:
            var members: [JSONValue.Member] = [
                .init(name: "time", value: .string(time.description)),
                .init(name: "level", value: .string(level.rawValue)),
                .init(name: "message", value: .string(inert(message))),
            ]
            members += sorted.map { .init(name: $0.key, value: json($0.value)) }
            return JSONValue.object(members).bytes + [UInt8(ascii: "\n")]
        case .text:
            let pairs = sorted.map { " \($0.key)=\(quoted("\($0.value)"))" }.joined()
            return Array("\(time) \(level.rawValue) \(inert(message))\(pairs)\n".utf8)
        }
    }

    private static func json(_ value: Logger.MetadataValue) -> JSONValue {
        switch value {
        case .string(let text): .string(inert(text))
        case .stringConvertible(let number as Int): .integer(number)
        case .stringConvertible(let time as Milliseconds): .milliseconds(time.duration)
        case .stringConvertible(let other): .string(inert(other.description))
        case .array(let values): .array(values.map(json))
        case .dictionary(let members):
            .object(members.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: json($0.value)) })
        @unknown default: .string(value.description)
        }
    }

    /// A value that cannot pass for several: in quotes where a space, a quote or an equals sign is in it.
    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && !text.utf8.contains { [0x20, 0x22, 0x3d].contains($0) }
        return isPlain ? inert(text) : String(decoding: JSONValue.string(inert(text)).bytes, as: UTF8.self)
    }

    /// Text that cannot begin a line of its own or steer a terminal: without control characters, other separators of
    /// lines and marks that turn the direction of writing.
    private static func inert(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "?"
                    default: scalar
                    }
                }
            )
        )
    }
}

/// A moment of the calendar, in UTC, as RFC 3339 with milliseconds.
package struct WallClockTime: Sendable, CustomStringConvertible {
    private let seconds: Int
    private let nanoseconds: Int

    /// - Parameter seconds: since 1970.
    package init(seconds: Int, nanoseconds: Int) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static var now: WallClockTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClockTime(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// Since 1970.
    var milliseconds: Int { seconds * 1000 + nanoseconds / 1_000_000 }

    package var description: String {
        var seconds = time_t(seconds)
        var date = tm()
        gmtime_r(&seconds, &date)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day =
            "\(padded(Int(date.tm_year) + 1900, 4))-\(padded(Int(date.tm_mon) + 1, 2))-\(padded(Int(date.tm_mday), 2))"
        let hour = [date.tm_hour, date.tm_min, date.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
        return "\(day)T\(hour).\(padded(nanoseconds / 1_000_000, 3))Z"
    }
}
