import Glibc
import HTTP
import Imaging

/// Everything that is counted, and its exposition. Recording takes a few short locks and no system call.
package final class Telemetry: Sendable {
    private static let modelLabels = ["model", "version"]
    /// The version label of the models of one folder.
    private static let version = "1"
    /// From 50 µs to 10 s: what lies between reading a small body and a queue that is too long.
    private static let secondsBounds = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    private static let batchBounds: [Double] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64]

    private enum Phase: String { case receive, decode, queue, inference, encode, total }

    // Traffic.
    private let requests = Counter(
        "effnet_http_requests_total",
        help: "Answered requests by route and status.",
        labels: ["route", "status"]
    )
    private let connectionsOpened = Counter("effnet_http_connections_opened_total", help: "Connections accepted.")
    private let connectionsClosed = Counter("effnet_http_connections_closed_total", help: "Connections closed.")
    private let connectionsRefused = Counter(
        "effnet_http_connections_refused_total",
        help: "Connections turned away at the cap."
    )

    // Pictures.
    private let phases = Histogram(
        "effnet_phase_duration_seconds",
        help: "Time of each phase of image requests that were answered.",
        label: "phase",
        bounds: secondsBounds
    )
    private let batchSizes = Histogram(
        "effnet_batch_size",
        help: "Pictures in one run of the network.",
        bounds: batchBounds
    )
    private let rejections = Counter(
        "effnet_rejected_total",
        help: "Image requests refused before any work, by reason.",
        labels: ["reason"],
        combinations: Refusal.allCases.map { [$0.rawValue] }
    )
    private let cancellations = Counter(
        "effnet_cancelled_total",
        help: "Image requests whose client went away while they waited."
    )
    private let decodeFailures = Counter(
        "effnet_decode_failures_total",
        help: "Bodies that are no picture that can be classified, by reason.",
        labels: ["reason"],
        combinations: ImageError.reasons.map { [$0] }
    )

    // The names of Triton, in its units.
    private let inferenceSuccess = Counter(
        "nv_inference_request_success",
        help: "Number of successful inference requests.",
        labels: modelLabels
    )
    private let inferenceFailure = Counter(
        "nv_inference_request_failure",
        help: "Number of failed inference requests, by reason.",
        labels: modelLabels + ["reason"]
    )
    private let inferenceCount = Counter(
        "nv_inference_count",
        help: "Number of inferences performed, a batch of n counts n.",
        labels: modelLabels
    )
    private let executionCount = Counter(
        "nv_inference_exec_count",
        help: "Number of runs of the network.",
        labels: modelLabels
    )
    private let requestDuration = Telemetry.microseconds("request", "Total time of successful inference requests")
    private let queueDuration = Telemetry.microseconds("queue", "Time that inference requests waited")
    private let inputDuration = Telemetry.microseconds("compute_input", "Time of decoding and resizing")
    private let inferDuration = Telemetry.microseconds("compute_infer", "Time of running the network")
    private let outputDuration = Telemetry.microseconds("compute_output", "Time of writing answers")

    private let startSeconds: Double

    package init() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        startSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func microseconds(_ phase: String, _ help: String) -> Counter {
        Counter("nv_inference_\(phase)_duration_us", help: help + ", in microseconds.", labels: modelLabels)
    }

    // MARK: Recording

    /// An image request was answered with what the network said.
    func imageAnswered(model: String, receive: Duration, encode: Duration, total: Duration) {
        phases.observe(receive.inSeconds, Phase.receive.rawValue)
        phases.observe(encode.inSeconds, Phase.encode.rawValue)
        phases.observe(total.inSeconds, Phase.total.rawValue)
        inferenceSuccess.add(1, model, Self.version)
        requestDuration.add(total.inWholeMicroseconds, model, Self.version)
        outputDuration.add(encode.inWholeMicroseconds, model, Self.version)
    }

    /// An image request was turned away before it reached a model.
    func refused(_ refusal: Refusal) {
        rejections.add(1, refusal.rawValue)
    }

    // MARK: Exposition

    /// The text of `/metrics`.
    func exposition(load: SchedulerLoad, isReady: Bool) -> String {
        var exposition = Exposition()
        exposition.family("effnet_build_info", .gauge, help: "Version and target of this executable; always 1.")
        exposition.sample(
            "effnet_build_info",
            labels: [("version", BuildInformation.version), ("target", BuildInformation.target)],
            1
        )
        let gauges: [(String, String, Double)] = [
            ("effnet_ready", "1 when traffic may be sent here, else 0.", isReady ? 1 : 0),
            ("effnet_queue_pictures", "Pictures that wait for a core.", Double(load.queuedPictures)),
            ("effnet_queue_bytes", "Bytes of the pictures that wait.", Double(load.queuedBytes)),
            ("effnet_busy_workers", "Workers that decode or infer.", Double(load.busyWorkers)),
            (
                "nv_inference_pending_request_count", "Number of requests awaiting execution.",
                Double(load.queuedPictures)
            ),
        ]
        for (name, help, value) in gauges { exposition.single(name, .gauge, help: help, value) }
        let counters = [
            requests, connectionsOpened, connectionsClosed, connectionsRefused, rejections, cancellations,
            decodeFailures, inferenceSuccess, inferenceFailure, inferenceCount, executionCount, requestDuration,
            queueDuration, inputDuration, inferDuration, outputDuration,
        ]
        for counter in counters { counter.write(to: &exposition) }
        phases.write(to: &exposition)
        batchSizes.write(to: &exposition)
        exposition.single(
            "effnet_log_lines_dropped_total",
            .counter,
            help: "Log lines that standard error did not take in time.",
            Double(LogWriter.standardError.droppedLines)
        )
        ProcessStatistics().write(to: &exposition)
        exposition.single(
            "process_start_time_seconds",
            .gauge,
            help: "Start of the process, in seconds since 1970.",
            startSeconds
        )
        return exposition.text
    }
}

extension Telemetry: SchedulerObserver {
    package func batchExecuted(model: String, size: Int, inference: Duration) {
        batchSizes.observe(Double(size))
        executionCount.add(1, model, Self.version)
        inferenceCount.add(Double(size), model, Self.version)
        inferDuration.add(inference.inWholeMicroseconds, model, Self.version)
    }

    package func jobCompleted(model: String, result: Result<JobResult, JobFailure>) {
        switch result {
        case .success(let result):
            phases.observe(result.phases.queue.inSeconds, Phase.queue.rawValue)
            phases.observe(result.phases.decode.inSeconds, Phase.decode.rawValue)
            phases.observe(result.phases.inference.inSeconds, Phase.inference.rawValue)
            queueDuration.add(result.phases.queue.inWholeMicroseconds, model, Self.version)
            inputDuration.add(result.phases.decode.inWholeMicroseconds, model, Self.version)
        case .failure(.refused(let refusal)):
            rejections.add(1, refusal.rawValue)
            inferenceFailure.add(1, model, Self.version, "REJECTED")
        case .failure(.cancelled):
            cancellations.add()
            inferenceFailure.add(1, model, Self.version, "CANCELED")
        case .failure(.image(let error)):
            decodeFailures.add(1, error.reason)
            inferenceFailure.add(1, model, Self.version, "OTHER")
        case .failure(.engine):
            inferenceFailure.add(1, model, Self.version, "BACKEND")
        }
    }
}

extension Telemetry {
    func connectionOpened() { connectionsOpened.add() }
    func connectionClosed() { connectionsClosed.add() }
    func connectionRefused() { connectionsRefused.add() }

    /// - Parameter route: a pattern of the routing table; nil where no route matched.
    func requestAnswered(route: String?, status: Int) {
        requests.add(1, route ?? "none", String(status))
    }
}

extension Duration {
    fileprivate var inWholeMicroseconds: Double { (self / .microseconds(1)).rounded() }
}

extension ImageError {
    /// Every value of `reason`.
    static let reasons = ["empty", "unsupported", "corrupt", "too_many_pixels", "too_much_memory", "zero_sized"]

    /// A short name of the case, for metrics.
    var reason: String {
        switch self {
        case .empty: "empty"
        case .unsupported: "unsupported"
        case .corrupt: "corrupt"
        case .tooManyPixels: "too_many_pixels"
        case .tooMuchMemory: "too_much_memory"
        case .zeroSized: "zero_sized"
        }
    }
}
