import Imaging
import ResampleInterface
import Testing

/// Each set's loops against whole numbers, multiplied and added one by one.
struct ResampleLoopsTests {
    private static let sets = ResampleSet.allCases.filter(\.isSupported)
    private static let untouched: UInt8 = 0xA5

    @Test(arguments: sets, 1...9)
    func resizesTwoRowsAlong(set: ResampleSet, pairs: Int) throws {
        var numbers = Numbers(state: UInt64(pairs))
        let windows = [3, 4, 4, 7, 30].map { $0..<$0 + 2 * pairs }
        let rows = (0..<2).map { _ in numbers.bytes((30 + AlongArguments.samples(pairs: pairs)) * 4) }
        let weights = windows.map { _ in numbers.weights(2 * pairs) }

        let count = windows.count * 3
        let taps = weights.flatMap(Self.packed)
        var results = [UInt8](repeating: Self.untouched, count: 2 * (count + 2))
        try results.withUnsafeMutableBytes { results in
            let output = try #require(results.baseAddress)
            try windows.withUnsafeBufferPointer { windows in
                try taps.withUnsafeBufferPointer { taps in
                    try (rows[0] + rows[1]).withUnsafeBytes { rows in
                        let first = try #require(rows.baseAddress)
                        set.loops.along(
                            AlongArguments(
                                first: first,
                                second: first + rows.count / 2,
                                windows: windows,
                                taps: try #require(taps.baseAddress),
                                pairs: pairs,
                                firstOutput: output,
                                secondOutput: output + count + 2
                            )
                        )
                    }
                }
            }
        }
        for (row, result) in zip(rows, [results[..<(count + 2)], results[(count + 2)...]]) {
            let expected = zip(windows, weights).flatMap { window, weights in
                (0..<3).map { channel in Self.sum(weights) { row[(window.lowerBound + $0) * 4 + channel] } }
            }
            #expect(Array(result.prefix(count)) == expected)
            #expect(result.last == Self.untouched)
        }
    }

    @Test(arguments: sets, 1...9)
    func sumsRowsDown(set: ResampleSet, pairs: Int) throws {
        var numbers = Numbers(state: UInt64(pairs))
        for count in [1, 15, 16, 17, 100] {
            let rows = (0..<2 * pairs).map { _ in numbers.bytes(count + ResampleLoops.slack) }
            let weights = numbers.weights(2 * pairs)
            let joined = rows.flatMap(\.self)
            var result = [UInt8](repeating: Self.untouched, count: count + ResampleLoops.slack)
            try joined.withUnsafeBytes { bytes in
                let first = try #require(bytes.baseAddress)
                let starts = rows.indices.map { first + $0 * (count + ResampleLoops.slack) }
                try Self.packed(weights).withUnsafeBufferPointer { taps in
                    let taps = try #require(taps.baseAddress)
                    try result.withUnsafeMutableBytes { result in
                        let output = try #require(result.baseAddress)
                        set.loops.down(
                            DownArguments(rows: starts, taps: taps, pairs: pairs, count: count, output: output)
                        )
                    }
                }
            }
            let expected = (0..<count).map { column in Self.sum(weights) { rows[$0][column] } }
            #expect(Array(result.prefix(count)) == expected)
            #expect(result.last == Self.untouched)
        }
    }

    private static func packed(_ weights: [Int32]) -> [TapPair] {
        stride(from: 0, to: weights.count, by: 2).map { TapPair(weights[$0], weights[$0 + 1]) }
    }

    /// Rounded to the nearest, and limited to a byte.
    private static func sum(_ weights: [Int32], _ sample: (Int) -> UInt8) -> UInt8 {
        let half = 1 << (Int(TapPair.precision) - 1)
        let sum = weights.indices.reduce(half) { $0 + Int(weights[$1]) * Int(sample($1)) }
        return UInt8(clamping: sum >> Int(TapPair.precision))
    }
}

/// The same pseudo-random numbers each time (Knuth's MMIX generator).
private struct Numbers {
    var state: UInt64

    private mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        // The extremes are where sums leave the range of a byte.
        (0..<count).map { _ in [0, 255, UInt8(truncatingIfNeeded: next())][Int(next() % 3)] }
    }

    /// Between −0.5 and 1.5 of a whole sample's share, like a cubic filter's.
    mutating func weights(_ count: Int) -> [Int32] {
        let share = UInt64(1 << TapPair.precision) * 2 / UInt64(count)
        return (0..<count).map { _ in Int32(next() % (2 * share)) - Int32(share / 2) }
    }
}
