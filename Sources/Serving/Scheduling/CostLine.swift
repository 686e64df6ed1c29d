/// `seconds = slope · images + offset` of a run of the network, learnt from runs.
///
/// Slope and offset are fitted by least squares with a long memory, in the machine's speed of the time. That speed is
/// followed apart, with a short memory: a machine that becomes slower makes all batches slower, and batches of one size,
/// as steady traffic has them, do not wipe out what was learnt of others.
package struct CostLine: Sendable {
    private static let fitMemory = 0.998
    private static let speedShare = 0.05
    /// So many runs come before changes of speed are told from differences between batches.
    private static let firstRuns = 16
    /// A run that took longer than this many times what was expected counts as if it had taken that: the process had lost
    /// its core.
    private static let longest = 4.0
    /// A run that took so many times what was expected, or less by as much, tells of the speed alone.
    private static let usual = 1.5

    private var runs = 0
    /// Times as long as when learning began.
    private var slowness = 1.0
    private var fit = LineFit()

    /// Whether batches of different sizes were seen, so that slope and offset can be told apart.
    private(set) var hasSlope = false
    private var relativeSlope = 0.0
    private var relativeOffset = 0.0

    /// Seconds for each picture more.
    package var slope: Double { slowness * relativeSlope }
    /// Seconds for each run.
    package var offset: Double { slowness * relativeOffset }

    func seconds(images: Int) -> Double { slope * Double(images) + offset }

    mutating func add(images: Int, seconds: Double) {
        var seconds = seconds
        let expected = self.seconds(images: images)
        if runs > 4, expected > 0 { seconds = min(seconds, Self.longest * expected) }
        runs += 1
        if runs > Self.firstRuns, expected > 0 {
            slowness *= 1 + Self.speedShare * (seconds / expected - 1)
            let surprise = seconds / self.seconds(images: images)
            guard (1 / Self.usual...Self.usual).contains(surprise) else { return }
        }
        fit.add(Double(images), seconds / slowness, memory: Self.fitMemory)
        if let slope = fit.slope {
            hasSlope = true
            // Noise must not make pictures free, nor the first one cheaper than the next.
            relativeSlope = min(max(slope, 0), fit.ratio)
            relativeOffset = max(0, fit.meanY - relativeSlope * fit.meanX)
        } else if !hasSlope {
            relativeSlope = fit.ratio
        }
    }
}

/// A fit of `y = slope · x + offset` by least squares, in which old points fade.
private struct LineFit: Sendable {
    private var weight = 0.0
    private var sumX = 0.0
    private var sumY = 0.0
    private var sumXX = 0.0
    private var sumXY = 0.0

    mutating func add(_ x: Double, _ y: Double, memory: Double) {
        weight = weight * memory + 1
        sumX = sumX * memory + x
        sumY = sumY * memory + y
        sumXX = sumXX * memory + x * x
        sumXY = sumXY * memory + x * y
    }

    var meanX: Double { sumX / weight }
    var meanY: Double { sumY / weight }
    /// The slope of the line through zero and the middle of all points.
    var ratio: Double { sumY / sumX }

    /// Nil unless there are a few points, and not all of them of one x.
    var slope: Double? {
        let spread = weight * sumXX - sumX * sumX
        guard weight > 2, spread > 0.05 * weight * weight else { return nil }
        return (weight * sumXY - sumX * sumY) / spread
    }
}
