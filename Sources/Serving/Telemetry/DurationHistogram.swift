/// Durations in buckets that grow by a sixteenth of an octave, from 1 µs to more than a minute: a percentile is off by
/// at most 3%.
struct DurationHistogram: Sendable {
    private static let stepsPerOctave = 16
    private static let octaves = 27

    private var counts = [UInt32](repeating: 0, count: stepsPerOctave * octaves)
    private(set) var count = 0

    mutating func add(_ duration: Duration) {
        let microseconds = max(1, duration / .microseconds(1))
        counts[Self.bucket(microseconds)] &+= 1
        count += 1
    }

    mutating func add(_ other: DurationHistogram) {
        for index in counts.indices { counts[index] &+= other.counts[index] }
        count += other.count
    }

    mutating func removeAll() {
        for index in counts.indices { counts[index] = 0 }
        count = 0
    }

    /// The duration that this share of all does not exceed, 0…1; nil when there are none.
    func percentile(_ share: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for (index, number) in counts.enumerated() {
            seen += Int(number)
            if seen >= rank { return .microseconds(Self.middle(of: index)) }
        }
        return nil
    }

    /// By the number's exponent and the first bits of its fraction: no logarithm is needed.
    private static func bucket(_ microseconds: Double) -> Int {
        let exponent = Int(microseconds.exponent)
        let step = Int((microseconds.significand - 1) * Double(stepsPerOctave))
        return min(exponent * stepsPerOctave + step, stepsPerOctave * octaves - 1)
    }

    private static func middle(of bucket: Int) -> Double {
        let step = (Double(bucket % stepsPerOctave) + 0.5) / Double(stepsPerOctave)
        return Double(sign: .plus, exponent: bucket / stepsPerOctave, significand: 1 + step)
    }
}
