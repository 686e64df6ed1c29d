import HTTP
import HTTPTypes
import Logging
import Serving
import Testing

@Suite struct RecordingCostTests {
    /// A hundredth of a request of three milliseconds, as no model here answers faster.
    private static let limit: Duration = .microseconds(30)

    /// All that metrics and statistics record of one request with one picture.
    @Test func aRequestsRecordingTakesLessThanAHundredthOfIt() throws {
        let telemetry = Telemetry()
        let scheduler = try Scheduler(workers: 1, limits: BatcherLimits(), observer: telemetry)
        let model = ServedModel(FakeModel())
        let outcome = Promise<Result<JobResult, JobFailure>>()
        scheduler.submit([Job(model: model, input: .picture([1])) { outcome.fulfil($0) }])
        let result = try #require(outcome.wait())
        scheduler.drain()
        let log = Logger(label: "none") { _ in SwiftLogNoOpLogHandler() }
        let observer = TrafficObserver(telemetry: telemetry, log: log)
        let record = ExchangeRecord(
            method: .post,
            path: "/v1/classify",
            route: "/v1/classify",
            status: 200,
            requestBytes: 100_000,
            responseBytes: 640,
            peer: "192.0.2.7",
            requestID: "r-1",
            duration: .milliseconds(9),
            requestFields: [:],
            responseFields: [:]
        )

        // The best of several rounds: others need the processor too.
        var best = Duration.seconds(1)
        for _ in 0..<20 {
            let duration = ContinuousClock().measure {
                for _ in 0..<500 {
                    telemetry.batchExecuted(model: model, size: 1, inference: .milliseconds(7))
                    telemetry.jobCompleted(model: model, result: result)
                    telemetry.requestAnswered(
                        model: model.identity,
                        receive: .milliseconds(1),
                        encode: .microseconds(50),
                        total: .milliseconds(9)
                    )
                    observer.exchangeCompleted(record)
                }
            }
            best = min(best, duration / 500)
        }
        #expect(best < Self.limit, "a request's recording takes \(best)")
    }
}
