import Synchronization

/// What one version of a model has done since the process began: the figures of Triton's statistics and metrics.
final class ModelStatistics: Sendable {
    /// How often something happened, and the time that it took together.
    struct Tally: Sendable {
        var count = 0
        var nanoseconds = 0

        mutating func add(_ duration: Duration, count: Int = 1) {
            self.count += count
            nanoseconds += Int(clamping: Int64((max(.zero, duration) / .nanoseconds(1)).rounded()))
        }

        var microseconds: Double { (Double(nanoseconds) / 1000).rounded() }
    }

    /// Why a request failed, in Triton's words.
    enum Failure: String, CaseIterable, Sendable {
        case rejected = "REJECTED"
        case cancelled = "CANCELED"
        case backend = "BACKEND"
        case other = "OTHER"
    }

    struct Figures: Sendable {
        /// Requests that were answered, and those that failed, with all their time.
        var success = Tally()
        var failure = Tally()
        var failures: [Failure: Int] = [:]
        /// Of pictures that were answered.
        var queue = Tally()
        var decode = Tally()
        /// Of runs; a batch of n counts once.
        var inference = Tally()
        var encode = Tally()
        /// Pictures that went through the network.
        var pictures = 0
        /// Runs by the size of the batch.
        var batches: [Int: Tally] = [:]
        /// Milliseconds since 1970; zero before the first.
        var lastInference = 0
    }

    private let state = Mutex(Figures())

    var figures: Figures { state.withLock { $0 } }

    func batchExecuted(size: Int, inference: Duration) {
        let now = WallClockTime.now.milliseconds
        state.withLock { figures in
            figures.inference.add(inference)
            figures.pictures += size
            figures.batches[size, default: Tally()].add(inference)
            figures.lastInference = now
        }
    }

    func pictureAnswered(_ phases: JobPhases) {
        state.withLock { figures in
            figures.queue.add(phases.queue)
            figures.decode.add(phases.decode)
        }
    }

    func requestAnswered(encode: Duration, total: Duration) {
        state.withLock { figures in
            figures.success.add(total)
            figures.encode.add(encode)
        }
    }

    func requestFailed(_ failure: Failure, total: Duration) {
        state.withLock { figures in
            figures.failure.add(total)
            figures.failures[failure, default: 0] += 1
        }
    }
}

extension Exposition {
    /// The metrics of all models under Triton's names, in its units.
    mutating func modelMetrics(_ models: [(identity: ModelIdentity, figures: ModelStatistics.Figures)]) {
        let counters: [(name: String, help: String, value: (ModelStatistics.Figures) -> Double)] = [
            ("request_success", "Number of successful inference requests.", { Double($0.success.count) }),
            ("count", "Number of inferences performed, a batch of n counts n.", { Double($0.pictures) }),
            ("exec_count", "Number of runs of the network.", { Double($0.inference.count) }),
            (
                "request_duration_us", "Total time of successful inference requests, in microseconds.",
                { $0.success.microseconds }
            ),
            ("queue_duration_us", "Time that pictures waited, in microseconds.", { $0.queue.microseconds }),
            (
                "compute_input_duration_us", "Time of decoding and resizing, in microseconds.",
                { $0.decode.microseconds }
            ),
            (
                "compute_infer_duration_us", "Time of the runs of the network, in microseconds.",
                { $0.inference.microseconds }
            ),
            ("compute_output_duration_us", "Time of writing answers, in microseconds.", { $0.encode.microseconds }),
        ]
        for counter in counters {
            let name = "nv_inference_" + counter.name
            family(name, .counter, help: counter.help)
            for model in models {
                sample(name, labels: Self.labels(model.identity), counter.value(model.figures))
            }
        }
        family("nv_inference_request_failure", .counter, help: "Number of failed inference requests, by reason.")
        for model in models {
            for reason in ModelStatistics.Failure.allCases {
                let labels = Self.labels(model.identity) + [("reason", reason.rawValue)]
                sample("nv_inference_request_failure", labels: labels, Double(model.figures.failures[reason] ?? 0))
            }
        }
    }

    private static func labels(_ identity: ModelIdentity) -> [(name: String, value: String)] {
        [("model", identity.name), ("version", String(identity.version))]
    }
}
