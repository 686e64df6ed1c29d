package import HTTP
import HTTPTypes
package import Logging

/// Counts the server's traffic, and writes one line a request to the access log.
package struct TrafficObserver: ServerObserver {
    private let telemetry: Telemetry
    private let log: Logger

    package init(telemetry: Telemetry, log: Logger) {
        self.telemetry = telemetry
        self.log = log
    }

    package func connectionOpened() {
        telemetry.connectionOpened()
    }

    package func connectionClosed() {
        telemetry.connectionClosed()
    }

    package func connectionRefused() {
        telemetry.connectionRefused()
    }

    package func exchangeCompleted(_ record: ExchangeRecord) {
        telemetry.requestAnswered(route: record.route, status: record.status)
        if log.logLevel <= .info { log.info("request", metadata: Self.metadata(record)) }
    }

    /// One line of the access log. Of what a client sent it holds the path, and ids that have a strict form.
    private static func metadata(_ record: ExchangeRecord) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "method": .string(record.method?.rawValue ?? "-"),
            "path": .string(record.path),
            "status": .stringConvertible(record.status),
            "bytes_in": .stringConvertible(record.requestBytes),
            "bytes_out": .stringConvertible(record.responseBytes),
            "duration_ms": .stringConvertible(Milliseconds(record.duration)),
            "request_id": .string(record.requestID),
            "peer": .string(record.peer),
        ]
        for phase in ServerTiming.phases(record.responseFields[.serverTiming] ?? "") where phase.name != "total" {
            metadata["\(phase.name)_ms"] = .stringConvertible(Milliseconds(phase.duration))
        }
        if let traceID = TraceParent.traceID(record.requestFields[.traceParent]) {
            metadata["trace_id"] = .string(traceID)
        }
        return metadata
    }
}

/// The `traceparent` field of W3C Trace Context.
enum TraceParent {
    /// The trace's id: the second of "version-trace-parent-flags", 32 lower-case hexadecimal digits and not all zero.
    static func traceID(_ value: String?) -> String? {
        guard let value, value.utf8.count >= 55 else { return nil }
        let parts = value.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[1].utf8.count == 32 else { return nil }
        let digits = Set("0123456789abcdef")
        guard parts[1].allSatisfy(digits.contains), parts[1].contains(where: { $0 != "0" }) else { return nil }
        return String(parts[1])
    }
}
