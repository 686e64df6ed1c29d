import HTTP
import Logging
import Serving
import Testing

@Suite struct StandardErrorLogTests {
    private let time = WallClockTime(seconds: 1_709_208_000, nanoseconds: 7_999_999)

    private func line(_ metadata: Logger.Metadata, _ format: StandardErrorLog.Format) -> String {
        let line = StandardErrorLog.line(
            time: time,
            level: .info,
            message: "request",
            metadata: metadata,
            format: format
        )
        return String(decoding: line, as: UTF8.self)
    }

    @Test func numbersStayNumbersInJSON() {
        let metadata: Logger.Metadata = [
            "status": .stringConvertible(200),
            "duration_ms": .stringConvertible(Milliseconds(.microseconds(1250))),
            "path": "/a\"b\n",
        ]
        #expect(
            line(metadata, .json) == """
                {"time":"2024-02-29T12:00:00.007Z","level":"info","message":"request","duration_ms":1.250,\
                "path":"/a\\"b?","status":200}

                """
        )
    }

    @Test func aTextLineStaysOneLine() {
        #expect(
            line(["path": "/a\nforged\u{1b}[0m", "b": "1"], .text)
                == "2024-02-29T12:00:00.007Z info request b=1 path=/a?forged?[0m\n"
        )
    }

    /// Each path as its line in text and the same in JSON show it.
    @Test(arguments: [
        ("/a b status=500", #""/a b status=500""#, #""/a b status=500""#),
        ("/a\"b", #""/a\"b""#, #""/a\"b""#),
        ("", #""""#, #""""#),
        ("/é\u{9b}31m", "/é?31m", #""/é?31m""#),
        ("/a\u{2028}b\u{202e}c\u{7f}", "/a?b?c?", #""/a?b?c?""#),
    ])
    func aValueStaysOneValue(path: String, text: String, json: String) {
        #expect(line(["path": .string(path)], .text).hasSuffix(" request path=\(text)\n"))
        #expect(line(["path": .string(path)], .json).hasSuffix(#""path":\#(json)}"# + "\n"))
    }

    @Test(arguments: [
        (Duration.zero, "0.000"), (.microseconds(1), "0.001"), (.nanoseconds(1499), "0.001"),
        (.nanoseconds(1500), "0.002"), (.microseconds(1250), "1.250"), (.seconds(61), "61000.000"),
        (.microseconds(-1250), "0.000"), (.seconds(Int64.max), "9223372036854775807000.000"),
    ])
    func millisecondsHaveThreeDecimals(duration: Duration, text: String) {
        #expect(Milliseconds(duration).description == text)
    }
}
