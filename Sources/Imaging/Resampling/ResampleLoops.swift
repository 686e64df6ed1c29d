import CIntrinsics

/// The two inner loops of the resampler. They take pointers and check nothing: `Resampler` owns the buffers and sizes
/// them for the windows. Sums wrap, which loses nothing: the sum of all parts fits.
///
/// A sample times a 22-bit weight needs 32 bits, which SSE2 cannot multiply; so a weight comes in two parts of 16 bits,
/// and two neighbouring samples are multiplied and added in one instruction.
enum ResampleLoops {
    /// Bytes that `vertical` reads and writes past the end of a row, at most.
    static let slack = 16

    private typealias Bytes = SIMD16<UInt8>
    private typealias Sums = SIMD4<Int32>

    /// Resizes a row of four-byte pixels along its length to three-byte pixels, one a window.
    ///
    /// - Parameters:
    ///   - row: starts with sample 0, of which nothing is read before the first window; readable for `2 * pairs + 2`
    ///     pixels from each window's start.
    ///   - pairs: of taps, for each window.
    ///   - output: room for a byte more than the pixels have.
    static func horizontal(
        _ row: UnsafeRawPointer,
        windows: UnsafeBufferPointer<ResampleWindows.Window>,
        taps: UnsafePointer<ResampleWindows.TapPair>,
        pairs: Int,
        into output: UnsafeMutableRawPointer
    ) {
        // A known number of turns becomes straight code.
        switch pairs {
        case 2: resizeAlong(row, windows, taps, 2, output)
        case 3: resizeAlong(row, windows, taps, 3, output)
        case 4: resizeAlong(row, windows, taps, 4, output)
        case 5: resizeAlong(row, windows, taps, 5, output)
        case 6: resizeAlong(row, windows, taps, 6, output)
        default: resizeAlong(row, windows, taps, pairs, output)
        }
    }

    @inline(__always)
    private static func resizeAlong(
        _ row: UnsafeRawPointer,
        _ windows: UnsafeBufferPointer<ResampleWindows.Window>,
        _ taps: UnsafePointer<ResampleWindows.TapPair>,
        _ pairs: Int,
        _ output: UnsafeMutableRawPointer
    ) {
        var tap = taps
        var target = output
        for window in windows {
            let source = row + 4 &* window.lowerBound
            var high = Sums.zero
            var low = Sums.zero
            var pair = 0
            while pair < pairs {
                let samples = pixels_zip_pixels((source + 8 &* pair).loadUnaligned(as: Bytes.self))
                high &+= pixels_pair_sums(samples, tap[pair].high)
                low &+= pixels_pair_sums(samples, tap[pair].low)
                pair &+= 1
            }
            // The fourth byte is the next pixel's first, which is written after it.
            target.storeBytes(of: rounded(high, low), as: SIMD4<UInt8>.self)
            target += 3
            tap += pairs
        }
    }

    /// Sums `rows`, two for each of `taps`, into one row of `count` bytes.
    static func vertical(
        _ rows: UnsafePointer<UnsafeRawPointer>,
        taps: UnsafePointer<ResampleWindows.TapPair>,
        pairs: Int,
        count: Int,
        into output: UnsafeMutableRawPointer
    ) {
        var column = 0
        while column < count {
            var high = (Sums.zero, Sums.zero, Sums.zero, Sums.zero)
            var low = high
            var index = 0
            while index < pairs {
                let first = (rows[2 &* index] + column).loadUnaligned(as: Bytes.self)
                let second = (rows[2 &* index &+ 1] + column).loadUnaligned(as: Bytes.self)
                let samples = (
                    pixels_zip_first(first, second), pixels_zip_second(first, second),
                    pixels_zip_third(first, second), pixels_zip_fourth(first, second)
                )
                let highWeights = taps[index].high
                high.0 &+= pixels_pair_sums(samples.0, highWeights)
                high.1 &+= pixels_pair_sums(samples.1, highWeights)
                high.2 &+= pixels_pair_sums(samples.2, highWeights)
                high.3 &+= pixels_pair_sums(samples.3, highWeights)
                let lowWeights = taps[index].low
                low.0 &+= pixels_pair_sums(samples.0, lowWeights)
                low.1 &+= pixels_pair_sums(samples.1, lowWeights)
                low.2 &+= pixels_pair_sums(samples.2, lowWeights)
                low.3 &+= pixels_pair_sums(samples.3, lowWeights)
                index &+= 1
            }
            let target = output + column
            target.storeBytes(of: rounded(high.0, low.0), as: SIMD4<UInt8>.self)
            (target + 4).storeBytes(of: rounded(high.1, low.1), as: SIMD4<UInt8>.self)
            (target + 8).storeBytes(of: rounded(high.2, low.2), as: SIMD4<UInt8>.self)
            (target + 12).storeBytes(of: rounded(high.3, low.3), as: SIMD4<UInt8>.self)
            column &+= 16
        }
    }

    @inline(__always)
    private static func rounded(_ high: Sums, _ low: Sums) -> SIMD4<UInt8> {
        let half = Sums(repeating: 1 << (ResampleWindows.precision - 1))
        let sum = (high &<< Sums(repeating: ResampleWindows.lowBits)) &+ low &+ half
        return pixels_saturate(sum &>> Sums(repeating: ResampleWindows.precision))
    }
}
