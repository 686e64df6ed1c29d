import Foundation
import HTTP
import HTTPTypes
import Logging
import Serving
import Testing

@Suite struct TrafficObserverTests {
    /// The access log's line of one exchange.
    private func line(_ record: ExchangeRecord, level: Logger.Level = .info) throws -> String {
        let pipe = try Pipe()
        let writer = LogWriter(descriptor: pipe.writing)
        let log = Logger(label: "test") { _ in StandardErrorLog(format: .json, level: level, writer: writer) }
        TrafficObserver(telemetry: Telemetry(), log: log).exchangeCompleted(record)
        writer.flush(within: .seconds(10))
        return pipe.text()
    }

    private let record = ExchangeRecord(
        method: .post,
        path: "/v1/classify",
        route: "/v1/classify",
        status: 200,
        requestBytes: 1200,
        responseBytes: 640,
        peer: "192.0.2.7",
        requestID: "r-1",
        duration: .microseconds(12_345),
        requestFields: [
            .authorization: "Bearer very-secret", .cookie: "very-secret",
            .traceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ],
        responseFields: [.serverTiming: "receive;dur=0.250, inference;dur=7.100, total;dur=9.000"]
    )

    @Test func aLineTellsEverythingButSecrets() throws {
        let line = try line(record)
        let members = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let names = [
            "time", "level", "message", "method", "path", "status", "bytes_in", "bytes_out", "duration_ms",
            "receive_ms", "inference_ms", "request_id", "trace_id", "peer",
        ]
        #expect(Set(members.keys) == Set(names))
        #expect(members["method"] as? String == "POST")
        #expect(members["path"] as? String == "/v1/classify")
        #expect(members["status"] as? Int == 200)
        #expect(members["bytes_in"] as? Int == 1200)
        #expect(members["bytes_out"] as? Int == 640)
        #expect(members["duration_ms"] as? Double == 12.345)
        #expect(members["receive_ms"] as? Double == 0.25)
        #expect(members["inference_ms"] as? Double == 7.1)
        #expect(members["request_id"] as? String == "r-1")
        #expect(members["trace_id"] as? String == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(members["peer"] as? String == "192.0.2.7")
        #expect(!line.contains("secret"))
    }

    @Test func theAccessLogIsOfTheInfoLevel() throws {
        #expect(try line(record, level: .warning) == "")
    }

    @Test(arguments: [
        "", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-\n\n\n92f3577b34da6a3ce929d0e0e4736aa-00f067aa0ba902b7-01",
    ])
    func aMalformedTraceIsLeftOut(trace: String) throws {
        var record = record
        record.requestFields[.traceParent] = trace
        #expect(!(try line(record).contains("trace_id")))
    }
}

extension HTTPField.Name {
    fileprivate static var traceParent: Self { .init("traceparent") ?? .server }
    fileprivate static var serverTiming: Self { .init("Server-Timing") ?? .server }
}
