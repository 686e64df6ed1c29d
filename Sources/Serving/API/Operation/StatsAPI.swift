import HTTP
import HTTPTypes

/// `GET /v1/stats`: where the time of the last minutes went, for people without a Prometheus.
enum StatsAPI {
    private static let windows: [(name: String, length: Duration)] = [
        ("1m", .seconds(60)), ("5m", .seconds(300)),
    ]

    static func routes(_ context: APIContext) -> [Route] {
        [
            Route(.get, "/v1/stats") { exchange in
                exchange.respond(.json(statistics(context)))
            }
        ]
    }

    private static func statistics(_ context: APIContext) -> JSONValue {
        let load = context.scheduler.load
        let process = ProcessStatistics()
        var members: [JSONValue.Member] = windows.map { name, length in
            let (window, covered) = context.telemetry.recent.window(last: length)
            return .init(name: name, value: json(window, covered: covered))
        }
        members.append(
            .init(
                name: "queue",
                value: [
                    "pictures": .integer(load.queuedPictures),
                    "bytes": .integer(load.queuedBytes),
                    "busy_workers": .integer(load.busyWorkers),
                    "expected_wait_ms": .milliseconds(load.expectedWait),
                ]
            )
        )
        members.append(
            .init(
                name: "memory",
                value: ["resident_bytes": process.residentBytes.map { .integer($0) } ?? .null]
            )
        )
        return .object(members)
    }

    private static func json(_ window: RecentStatistics.Window, covered: Duration) -> JSONValue {
        let seconds = max(covered.inSeconds, 0.001)
        let phases = RecentStatistics.Phase.allCases.map { phase in
            let histogram = window[phase]
            let shares: [(String, Double)] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)]
            let members = shares.map { name, share in
                JSONValue.Member(name: name, value: histogram.percentile(share).map { .milliseconds($0) } ?? .null)
            }
            return JSONValue.Member(name: phase.rawValue, value: .object(members))
        }
        let batches = window.batches.sorted { $0.key < $1.key }.map { size, count in
            JSONValue.Member(name: String(size), value: .integer(count))
        }
        return [
            "seconds": .number(Float(seconds)),
            "requests": .integer(window.requests),
            "failures": .integer(window.failures),
            "pictures": .integer(window.pictures),
            "pictures_per_second": .number(Float(Double(window.pictures) / seconds)),
            "phases_ms": .object(phases),
            "batch_sizes": .object(batches),
        ]
    }
}
