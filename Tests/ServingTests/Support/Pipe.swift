import Glibc
import Testing

/// A pipe whose reader the test plays.
final class Pipe {
    let reading: Int32
    let writing: Int32
    private var isReaderOpen = true

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
        // A reader that waits in vain would never end.
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    func closeReader() {
        close(reading)
        isReaderOpen = false
    }

    deinit {
        close(writing)
        if isReaderOpen { close(reading) }
    }

    /// Everything that is in the pipe now.
    func text() -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(reading, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
