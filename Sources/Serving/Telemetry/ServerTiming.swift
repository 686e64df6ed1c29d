import HTTP

/// The `Server-Timing` field (W3C Server Timing), in the form that this service gives it: `name;dur=milliseconds`, with
/// commas between.
enum ServerTiming {
    typealias Phase = (name: String, duration: Duration)

    static func value(_ phases: [Phase]) -> String {
        phases.reduce(into: "") { text, phase in
            if !text.isEmpty { text += ", " }
            text += phase.name
            text += ";dur="
            text += Milliseconds(phase.duration).description
        }
    }

    static func phases(_ value: String) -> [Phase] {
        value.split(separator: ",").compactMap { entry in
            let parts = entry.drop { $0 == " " }.split(separator: ";dur=")
            guard parts.count == 2, let milliseconds = Double(parts[1]), (0...1e12).contains(milliseconds) else {
                return nil
            }
            return (String(parts[0]), .milliseconds(milliseconds))
        }
    }
}
