import HTTP
import HTTPTypes
import Logging
import Serving
import Testing

@Suite struct MetricsTests {
    private func metrics(_ service: TestService) throws -> [String] {
        let response = try service.answer(.get, "/metrics")
        #expect(response.fields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        return response.text.split(separator: "\n").map(String.init)
    }

    @Test func picturesAndTheirFailuresAreCounted() throws {
        let service = try TestService(FakeModel())
        for body: [UInt8] in [[1], [2], [FakeModel.corruptByte], []] {
            _ = try service.answer(.post, "/v1/classify", body: body)
        }
        // What is recorded after the answer is there when the workers have ended.
        service.scheduler.drain()
        let lines = try metrics(service)
        let model = #"{model="fake",version="1""#
        for line in [
            "effnet_ready 1",
            "effnet_queue_pictures 0",
            "effnet_batch_size_bucket{le=\"1\"} 2",
            "effnet_batch_size_count 2",
            "effnet_phase_duration_seconds_count{phase=\"decode\"} 2",
            "effnet_phase_duration_seconds_count{phase=\"encode\"} 2",
            "effnet_phase_duration_seconds_count{phase=\"inference\"} 2",
            "effnet_phase_duration_seconds_count{phase=\"queue\"} 2",
            "effnet_phase_duration_seconds_count{phase=\"receive\"} 2",
            "effnet_phase_duration_seconds_count{phase=\"total\"} 2",
            "effnet_phase_duration_seconds_sum{phase=\"receive\"} 0.003",
            "effnet_phase_duration_seconds_bucket{phase=\"receive\",le=\"0.001\"} 0",
            "effnet_phase_duration_seconds_bucket{phase=\"receive\",le=\"0.0025\"} 2",
            "effnet_phase_duration_seconds_bucket{phase=\"receive\",le=\"+Inf\"} 2",
            "effnet_decode_failures_total{reason=\"corrupt\"} 1",
            "effnet_decode_failures_total{reason=\"empty\"} 1",
            "effnet_decode_failures_total{reason=\"unsupported\"} 0",
            "effnet_rejected_total{reason=\"queue_full\"} 0",
            "nv_inference_request_success\(model)} 2",
            "nv_inference_request_failure\(model),reason=\"OTHER\"} 2",
            "nv_inference_count\(model)} 2",
            "nv_inference_exec_count\(model)} 2",
            "nv_inference_pending_request_count\(model)} 0",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    /// The grammar of the text format: each family has its help and type before its samples, once, and values are
    /// numbers.
    @Test func theExpositionIsWellFormed() throws {
        let service = try TestService(FakeModel())
        _ = try service.answer(.post, "/v1/classify", body: [1])
        service.scheduler.drain()
        var families: Set<Substring> = []
        var family: Substring = ""
        var samples: Set<Substring> = []
        for line in try metrics(service) {
            if let match = line.wholeMatch(of: /# HELP ([a-z_]+) \S.*/) {
                family = match.1
                #expect(families.insert(family).inserted)
            } else if let match = line.wholeMatch(of: /# TYPE ([a-z_]+) (?:counter|gauge|histogram)/) {
                #expect(match.1 == family)
            } else {
                let sample = /(([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?) (\S+)/
                let match = try #require(line.wholeMatch(of: sample), "\(line)")
                #expect(line.hasPrefix(family))
                #expect(samples.insert(match.1).inserted, "\(line) comes twice")
                #expect(Double(match.3) != nil)
            }
        }
        #expect(families.contains("process_cpu_seconds_total"))
        #expect(families.contains("process_resident_memory_bytes"))
        #expect(families.contains("process_open_fds"))
    }

    @Test func trafficIsCountedByRouteAndStatus() throws {
        let service = try TestService(FakeModel())
        let observer = TrafficObserver(
            telemetry: service.telemetry,
            log: Logger(label: "none") { _ in SwiftLogNoOpLogHandler() }
        )
        observer.connectionOpened()
        observer.connectionOpened()
        observer.connectionClosed()
        observer.connectionRefused()
        for (route, status) in [("/livez", 200), ("/livez", 200), (nil, 404)] as [(String?, Int)] {
            observer.exchangeCompleted(
                ExchangeRecord(
                    method: .get,
                    path: "/x\n",
                    route: route,
                    status: status
                )
            )
        }
        let lines = try metrics(service)
        for line in [
            "effnet_http_requests_total{route=\"/livez\",status=\"200\"} 2",
            "effnet_http_requests_total{route=\"none\",status=\"404\"} 1",
            "effnet_http_connections_opened_total 2",
            "effnet_http_connections_closed_total 1",
            "effnet_http_connections_refused_total 1",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }
}
