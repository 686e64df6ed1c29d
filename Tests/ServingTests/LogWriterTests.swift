import Glibc
import Logging
import Serving
import Testing

@Suite struct LogWriterTests {
    @Test func linesComeWholeAndInOrder() throws {
        let pipe = try Pipe()
        let writer = LogWriter(descriptor: pipe.writing)
        for number in 0..<1000 { writer.write(Array("line \(number)\n".utf8)) }
        writer.flush(within: .seconds(10))
        #expect(pipe.text() == (0..<1000).map { "line \($0)\n" }.joined())
        #expect(writer.droppedLines == 0)
    }

    @Test func linesComeWithoutAFlush() throws {
        let pipe = try Pipe()
        let writer = LogWriter(descriptor: pipe.writing)
        writer.write(Array("alone\n".utf8))
        var text = ""
        for _ in 0..<1000 where text.isEmpty {
            usleep(5_000)
            text = pipe.text()
        }
        #expect(text == "alone\n")
    }

    /// Nobody reads: the pipe fills, then the buffer, and what is beyond is dropped; the writer never waits.
    @Test func aBlockedDescriptorHoldsNobodyUp() throws {
        let pipe = try Pipe()
        let writer = LogWriter(descriptor: pipe.writing, maxWaitingBytes: 10_000)
        let line = [UInt8](repeating: 0x78, count: 999) + [0x0a]
        let start = ContinuousClock.now
        for _ in 0..<2000 { writer.write(line) }
        writer.flush(within: .milliseconds(100))
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(writer.droppedLines > 0)

        // The reader comes back, and so do the lines: none is cut.
        var read = ""
        for _ in 0..<200 where read.count / 1000 + writer.droppedLines < 2000 {
            read += pipe.text()
            writer.flush(within: .milliseconds(50))
        }
        #expect(read.count / 1000 + writer.droppedLines == 2000)
        #expect(read == String(repeating: String(decoding: line, as: UTF8.self), count: read.count / 1000))
        writer.write(Array("after\n".utf8))
        writer.flush(within: .seconds(10))
        #expect(pipe.text() == "after\n")
    }

    @Test func linesThatADescriptorRefusesAreCounted() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Pipe()
        pipe.closeReader()
        let writer = LogWriter(descriptor: pipe.writing)
        writer.write(Array("one\n".utf8))
        writer.write(Array("two\n".utf8))
        writer.flush(within: .seconds(10))
        #expect(writer.droppedLines == 2)
    }

    @Test func aFullDiskLosesLinesAndNothingElse() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let writer = LogWriter(descriptor: descriptor)
        writer.write(Array("one\n".utf8))
        writer.flush(within: .seconds(10))
        #expect(writer.droppedLines == 1)
    }

    @Test func aLoggerWritesThroughIt() throws {
        let pipe = try Pipe()
        let writer = LogWriter(descriptor: pipe.writing)
        let log = Logger(label: "test") { _ in StandardErrorLog(format: .text, level: .info, writer: writer) }
        log.debug("hidden")
        log.warning("shown", metadata: ["n": .stringConvertible(1)])
        writer.flush(within: .seconds(10))
        #expect(pipe.text().hasSuffix(" warning shown n=1\n"))
        #expect(!pipe.text().contains("hidden"))
    }
}
