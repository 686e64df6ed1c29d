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
        log.info(
            "request",
            metadata: [
                "method": .string(record.method?.rawValue ?? "-"),
                "path": .string(record.path),
                "status": .stringConvertible(record.status),
                "bytes_in": .stringConvertible(record.requestBytes),
                "bytes_out": .stringConvertible(record.responseBytes),
                "duration_ms": .stringConvertible(Milliseconds(record.duration)),
                "request_id": .string(record.requestID ?? "-"),
                "peer": .string(record.peer),
            ]
        )
    }
}
