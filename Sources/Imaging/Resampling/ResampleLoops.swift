/// The two inner loops of the resampler. They take pointers and check nothing: `Resampler` owns the buffers and sizes
/// them for the windows. Sums wrap, which loses nothing: the sum of all parts fits.
///
/// A sample times a 22-bit weight needs 32 bits, which SSE2 cannot multiply; so a weight comes in two parts of 16 bits,
/// and two neighbouring samples are multiplied and added in one instruction.
enum ResampleLoops {
    private typealias Windows = ResampleWindows

    /// Bytes that a row may be read or written past its end.
    static let slack = 16

    /// Resizes a row of four-byte pixels along its length to three-byte pixels.
    ///
    /// - Parameter origin: the sample that `row` starts with.
    static func horizontal(
        _ row: UnsafePointer<UInt8>,
        from origin: Int,
        windows: UnsafeBufferPointer<ResampleWindows.Window>,
        taps: UnsafePointer<ResampleWindows.TapPair>,
        into output: UnsafeMutablePointer<UInt8>
    ) {
        for window in windows {
            var source = UnsafeRawPointer(row + 4 * (window.start &- origin))
            var tap = taps + window.tap
            let last = tap + (window.count &+ 1) / 2
            var high = SIMD4<Int32>.zero
            var low = SIMD4<Int32>.zero
            while tap < last {
                let bytes = source.loadUnaligned(as: SIMD8<UInt8>.self)
                let samples = interleaved(bytes.lowHalf, bytes.highHalf)
                high &+= pairSums(samples, tap.pointee.high)
                low &+= pairSums(samples, tap.pointee.low)
                source += 8
                tap += 1
            }
            let pixel = rounded(high, low)
            // The fourth byte is the next pixel's first, which is written after it.
            UnsafeMutableRawPointer(output + 3 * window.output).storeBytes(of: pixel, as: SIMD4<UInt8>.self)
        }
    }

    /// Sums `rows`, two for each of `taps`, into one row of `count` bytes.
    static func vertical(
        _ rows: UnsafePointer<UnsafePointer<UInt8>>,
        taps: UnsafeBufferPointer<ResampleWindows.TapPair>,
        count: Int,
        into output: UnsafeMutablePointer<UInt8>
    ) {
        for column in stride(from: 0, to: count, by: 8) {
            var high = (SIMD4<Int32>.zero, SIMD4<Int32>.zero)
            var low = high
            for index in 0..<taps.count {
                let first = UnsafeRawPointer(rows[2 &* index] + column).loadUnaligned(as: SIMD8<UInt8>.self)
                let second = UnsafeRawPointer(rows[2 &* index &+ 1] + column).loadUnaligned(as: SIMD8<UInt8>.self)
                let left = interleaved(first.lowHalf, second.lowHalf)
                let right = interleaved(first.highHalf, second.highHalf)
                let tap = taps[index]
                high.0 &+= pairSums(left, tap.high)
                high.1 &+= pairSums(right, tap.high)
                low.0 &+= pairSums(left, tap.low)
                low.1 &+= pairSums(right, tap.low)
            }
            let target = UnsafeMutableRawPointer(output + column)
            target.storeBytes(of: rounded(high.0, low.0), as: SIMD4<UInt8>.self)
            (target + 4).storeBytes(of: rounded(high.1, low.1), as: SIMD4<UInt8>.self)
        }
    }

    @inline(__always)
    private static func interleaved(_ first: SIMD4<UInt8>, _ second: SIMD4<UInt8>) -> SIMD8<Int16> {
        SIMD8(
            truncatingIfNeeded: SIMD8<UInt8>(
                first[0],
                second[0],
                first[1],
                second[1],
                first[2],
                second[2],
                first[3],
                second[3]
            )
        )
    }

    /// One `pmaddwd`.
    @inline(__always)
    private static func pairSums(_ samples: SIMD8<Int16>, _ weights: SIMD2<Int16>) -> SIMD4<Int32> {
        let even = SIMD4<Int32>(truncatingIfNeeded: samples.evenHalf) &* SIMD4(repeating: Int32(weights[0]))
        let odd = SIMD4<Int32>(truncatingIfNeeded: samples.oddHalf) &* SIMD4(repeating: Int32(weights[1]))
        return even &+ odd
    }

    @inline(__always)
    private static func rounded(_ high: SIMD4<Int32>, _ low: SIMD4<Int32>) -> SIMD4<UInt8> {
        let half = SIMD4<Int32>(repeating: 1 << (Windows.precision - 1))
        let sum = (high &<< SIMD4(repeating: Windows.lowBits)) &+ low &+ half
        let value = sum &>> SIMD4(repeating: Windows.precision)
        return SIMD4(truncatingIfNeeded: value.clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 255)))
    }
}
