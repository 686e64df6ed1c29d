import Imaging
import Synchronization

/// Everything that is counted. Recording takes a few short locks and no system call.
package final class Telemetry: Sendable {
    /// From 50 µs to 10 s: what lies between reading a small body and a queue that is too long.
    private static let secondsBounds = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    private static let batchBounds: [Double] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64]

    // Traffic.
    let requests = RequestCounter()
    let connectionsOpened = Counter("effnet_http_connections_opened_total", help: "Connections accepted.")
    let connectionsClosed = Counter("effnet_http_connections_closed_total", help: "Connections closed.")
    let connectionsRefused = Counter(
        "effnet_http_connections_refused_total",
        help: "Connections turned away at the cap."
    )

    // Pictures.
    let phases = Histogram(
        "effnet_phase_duration_seconds",
        help: "Time of each phase of image requests that were answered.",
        label: "phase",
        bounds: secondsBounds
    )
    let batchSizes = Histogram(
        "effnet_batch_size",
        help: "Pictures in one run of the network.",
        bounds: batchBounds
    )
    let rejections = Counter(
        "effnet_rejected_total",
        help: "Pictures refused before any work, by reason.",
        labels: ["reason"],
        combinations: Refusal.allCases.map { [$0.rawValue] }
    )
    let cancellations = Counter(
        "effnet_cancelled_total",
        help: "Pictures whose client went away while they waited."
    )
    let decodeFailures = Counter(
        "effnet_decode_failures_total",
        help: "Bodies that are no picture that can be classified, by reason.",
        labels: ["reason"],
        combinations: ImageError.reasons.map { [$0] }
    )

    let recent = RecentStatistics()
    let startSeconds: Double
    private let statistics = Mutex<[ModelIdentity: ModelStatistics]>([:])

    package init() {
        startSeconds = Double(WallClockTime.now.milliseconds) / 1000
    }

    /// The figures of one model, from its first use on.
    func statistics(of identity: ModelIdentity) -> ModelStatistics {
        statistics.withLock { statistics in
            if let known = statistics[identity] { return known }
            let new = ModelStatistics()
            statistics[identity] = new
            return new
        }
    }

    /// The figures of all models that have done anything, by name and version.
    var models: [(identity: ModelIdentity, figures: ModelStatistics.Figures)] {
        statistics.withLock { $0 }
            .sorted { ($0.key.name, $0.key.version) < ($1.key.name, $1.key.version) }
            .map { ($0.key, $0.value.figures) }
    }

    // MARK: Recording

    /// A request was answered with what the network said of its pictures.
    package func requestAnswered(model: ModelIdentity, receive: Duration, encode: Duration, total: Duration) {
        phases.observe(receive.inSeconds, RecentStatistics.Phase.receive.rawValue)
        phases.observe(encode.inSeconds, RecentStatistics.Phase.encode.rawValue)
        phases.observe(total.inSeconds, RecentStatistics.Phase.total.rawValue)
        statistics(of: model).requestAnswered(encode: encode, total: total)
        recent.record { window in
            window.requests += 1
            window.add(receive, to: .receive)
            window.add(encode, to: .encode)
            window.add(total, to: .total)
        }
    }

    /// A request got nothing that the network said.
    func requestFailed(model: ModelIdentity, _ failure: JobFailure, total: Duration) {
        let reason: ModelStatistics.Failure =
            switch failure {
            case .refused: .rejected
            case .cancelled: .cancelled
            case .engine: .backend
            case .image, .notFinite: .other
            }
        statistics(of: model).requestFailed(reason, total: total)
        recent.record { $0.failures += 1 }
    }

    /// A request was turned away before it reached a model.
    func refused(_ refusal: Refusal) {
        rejections.add(1, refusal.rawValue)
    }
}

extension Telemetry: SchedulerObserver {
    package func batchExecuted(model: ServedModel, size: Int, inference: Duration) {
        batchSizes.observe(Double(size))
        statistics(of: model.identity).batchExecuted(size: size, inference: inference)
        recent.record { $0.batches[size, default: 0] += 1 }
    }

    package func jobCompleted(model: ServedModel, result: Result<JobResult, JobFailure>) {
        switch result {
        case .success(let result):
            phases.observe(result.phases.queue.inSeconds, RecentStatistics.Phase.queue.rawValue)
            phases.observe(result.phases.decode.inSeconds, RecentStatistics.Phase.decode.rawValue)
            phases.observe(result.phases.inference.inSeconds, RecentStatistics.Phase.inference.rawValue)
            statistics(of: model.identity).pictureAnswered(result.phases)
            recent.record { window in
                window.pictures += 1
                window.add(result.phases.queue, to: .queue)
                window.add(result.phases.decode, to: .decode)
                window.add(result.phases.inference, to: .inference)
            }
        case .failure(.refused(let refusal, _)): rejections.add(1, refusal.rawValue)
        case .failure(.cancelled): cancellations.add()
        case .failure(.image(let error)): decodeFailures.add(1, error.reason)
        case .failure(.engine), .failure(.notFinite): break
        }
    }
}

extension Telemetry {
    func connectionOpened() { connectionsOpened.add() }
    func connectionClosed() { connectionsClosed.add() }
    func connectionRefused() { connectionsRefused.add() }

    /// - Parameter route: a pattern of the routing table; nil where no route matched.
    func requestAnswered(route: String?, status: Int) {
        requests.add(route: route, status: status)
    }
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
