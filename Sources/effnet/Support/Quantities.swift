import ArgumentParser

/// A number of bytes: "1048576", "64K", "32M" or "2G", with units of 1024.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int

    init(_ bytes: Int) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let units = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = argument.last.flatMap { units[$0.uppercased()] }
        guard let number = Int(unit == nil ? argument[...] : argument.dropLast()), number >= 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    var description: String {
        bytes > 0 && bytes.isMultiple(of: 1 << 20) ? "\(bytes >> 20)M" : String(bytes)
    }

    var defaultValueDescription: String { description }
}

/// A time in seconds, up to a day; fractions are allowed.
struct Seconds: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let seconds = Double(argument), (0...86_400).contains(seconds) else { return nil }
        duration = .seconds(seconds)
    }

    var description: String {
        let seconds = duration / .seconds(1)
        return Int(exactly: seconds).map(String.init) ?? seconds.description
    }

    var defaultValueDescription: String { description }
}
