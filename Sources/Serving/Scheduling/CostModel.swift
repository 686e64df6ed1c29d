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
    private static let decodeMemory = 0.95
    /// Every so many times all cores are tried again, also where fewer were faster when they were tried last.
    private static let trial = 64

    /// The run of the network by its threads.
    package private(set) var lines: [Int: CostLine] = [:]
    /// Seconds a picture; nil until something was decoded.
    private var decodeSeconds: Double?
    private var choices = 0

    package init() {}

    package mutating func learn(_ measurement: Measurement) {
        guard measurement.images > 0 else { return }
        if measurement.decode > .zero {
            let decode = measurement.decode.inSeconds / Double(measurement.images)
            decodeSeconds = decodeSeconds.map { $0 * Self.decodeMemory + decode * (1 - Self.decodeMemory) } ?? decode
        }
        lines[measurement.threads, default: CostLine()].add(
            images: Double(measurement.images),
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

    /// Seconds from taking up a batch to its answers, decoded on one core and run on up to `cores` of them; zero while
    /// nothing is known.
    package func batchSeconds(images: Int, cores: Int = 1) -> Double {
        let run = lines[fastestThreads(images: images, cores: cores)] ?? line
        return Double(images) * decode + (run?.seconds(images: Double(images)) ?? 0)
    }

    /// How many of `cores` run a batch soonest: all of them until that was tried, then the number of threads that took
    /// the shortest time.
    func fastestThreads(images: Int, cores: Int) -> Int {
        guard lines[cores] != nil else { return cores }
        let tried = lines.filter { $0.key <= cores }
        return tried.min { $0.value.seconds(images: Double(images)) < $1.value.seconds(images: Double(images)) }?.key
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
        func cost(_ images: Int) -> Double { line.seconds(images: Double(images)) / Double(images) }
        let enough = cost(limit) * (1 + Self.worthwhileSaving)
        return (1..<limit).first { cost($0) <= enough } ?? limit
    }
}

/// `seconds = slope · images + offset`, fitted by least squares.
package struct CostLine: Sendable {
    private static let memory = 0.98
    /// One run that took longer than this many times what was expected counts as if it had taken that: the process had
    /// lost its core.
    private static let surprise = 4.0

    private var weight = 0.0
    private var sumX = 0.0
    private var sumY = 0.0
    private var sumXX = 0.0
    private var sumXY = 0.0

    mutating func add(images x: Double, seconds: Double) {
        let y = weight > 4 ? min(seconds, Self.surprise * self.seconds(images: x)) : seconds
        weight = weight * Self.memory + 1
        sumX = sumX * Self.memory + x
        sumY = sumY * Self.memory + y
        sumXX = sumXX * Self.memory + x * x
        sumXY = sumXY * Self.memory + x * y
    }

    /// `weight²` times the variance of the batch sizes.
    private var spread: Double { weight * sumXX - sumX * sumX }

    /// Whether batches of different sizes were seen often enough to tell slope and offset apart.
    var hasSlope: Bool { weight > 2 && spread > 0.05 * weight * weight }

    /// Seconds for each picture more.
    package var slope: Double {
        guard hasSlope else { return sumX > 0 ? sumY / sumX : 0 }
        let slope = (weight * sumXY - sumX * sumY) / spread
        // Noise must not make pictures free, nor the first one cheaper than the next.
        return min(max(slope, 0), sumX > 0 ? sumY / sumX : 0)
    }

    /// Seconds for each run.
    package var offset: Double {
        weight > 0 ? max(0, (sumY - slope * sumX) / weight) : 0
    }

    func seconds(images: Double) -> Double { slope * images + offset }
}
