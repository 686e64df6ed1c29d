/// What a model's pictures have cost so far, and so what they will cost. Old measurements fade, so that it follows a
/// machine whose speed changes.
package struct CostModel: Sendable {
    /// What one batch took on one worker.
    package struct Measurement: Sendable, Equatable {
        package var lane: Int
        package var images: Int
        package var threads: Int
        /// Of all the batch's pictures.
        package var decode: Duration
        package var inference: Duration

        package init(lane: Int, images: Int, threads: Int, decode: Duration, inference: Duration) {
            self.lane = lane
            self.images = images
            self.threads = threads
            self.decode = decode
            self.inference = inference
        }
    }

    /// A batch is worth its latency if it costs at least this share less a picture than a smaller one.
    private static let worthwhileSaving = 0.05
    private static let memory = 0.95
    /// Every so many times all cores are tried again, also where fewer were faster when they were tried last.
    private static let trial = 64

    /// The run of the network by its threads.
    package private(set) var lines: [Int: CostLine] = [:]
    /// Seconds a picture; nil until something was decoded.
    private var decodeSeconds: Double?
    /// Seconds a picture that are neither decoding nor the network: answers, and waiting for the core.
    private var restSeconds = 0.0
    private var choices = 0

    package init() {}

    /// - Parameter span: from the worker's taking up the batch to its being free again, where a worker had it.
    package mutating func learn(_ measurement: Measurement, span: Duration? = nil) {
        guard measurement.images > 0 else { return }
        if measurement.decode > .zero {
            let decode = measurement.decode.inSeconds / Double(measurement.images)
            decodeSeconds = decodeSeconds.map { $0 * Self.memory + decode * (1 - Self.memory) } ?? decode
        }
        if let span {
            let rest = (span - measurement.decode - measurement.inference).inSeconds / Double(measurement.images)
            restSeconds = restSeconds * Self.memory + max(0, rest) * (1 - Self.memory)
        }
        lines[measurement.threads, default: CostLine()].add(
            images: measurement.images,
            seconds: measurement.inference.inSeconds
        )
    }

    /// Seconds that decoding a picture takes.
    package var decode: Double { decodeSeconds ?? 0 }

    /// The run of the network with one thread, or with as few as were tried; nil before the first run.
    private var line: CostLine? {
        lines.min { $0.key < $1.key }?.value
    }

    /// Whether anything is known.
    package var isKnown: Bool { !lines.isEmpty }

    /// Seconds from taking up a batch to the next one, decoded on one core and run on up to `cores` of them; zero while
    /// nothing is known.
    package func batchSeconds(images: Int, cores: Int = 1) -> Double {
        let run = lines[fastestThreads(images: images, cores: cores)] ?? line
        return Double(images) * (decode + restSeconds) + (run?.seconds(images: images) ?? 0)
    }

    /// How many of `cores` run a batch soonest: all of them until that was tried, then the number of threads that took
    /// the shortest time.
    func fastestThreads(images: Int, cores: Int) -> Int {
        guard lines[cores] != nil else { return cores }
        let tried = lines.filter { $0.key <= cores }
        return tried.min { $0.value.seconds(images: images) < $1.value.seconds(images: images) }?.key
            ?? cores
    }

    /// The same for a batch that is run now: once in a while all cores are tried again.
    mutating func chooseThreads(images: Int, cores: Int) -> Int {
        choices += 1
        return choices.isMultiple(of: Self.trial) ? cores : fastestThreads(images: images, cores: cores)
    }

    /// The smallest batch that costs about as little a picture as the largest does; the largest until that is known.
    package func payingBatch(limit: Int) -> Int {
        guard let line, line.hasSlope, limit > 1 else { return limit }
        func cost(_ images: Int) -> Double { line.seconds(images: images) / Double(images) }
        let enough = cost(limit) * (1 + Self.worthwhileSaving)
        return (1..<limit).first { cost($0) <= enough } ?? limit
    }
}
