internal import CIntrinsics
package import ResampleInterface

/// The loops of this set.
///
/// - Precondition: the CPU has the features that the set is compiled for: even this function may use them.
package func resampleLoops() -> ResampleLoops {
    ResampleLoops(along: { resizeAlong($0) }, down: { sumDown($0) })
}

private typealias Sums = SIMD8<Int32>

/// What sums of lower parts start with, so that the bits cut off at the end round to the nearest.
@inline(__always)
private func half() -> Sums { pixels_broadcast(1 << (TapPair.precision - 1)) }

private func resizeAlong(_ arguments: borrowing AlongArguments) {
    // A known number of turns becomes straight code.
    switch arguments.pairs {
    case 2: resizeAlong(arguments, pairs: 2)
    case 3: resizeAlong(arguments, pairs: 3)
    case 4: resizeAlong(arguments, pairs: 4)
    case 5: resizeAlong(arguments, pairs: 5)
    case 6: resizeAlong(arguments, pairs: 6)
    default: resizeAlong(arguments, pairs: arguments.pairs)
    }
}

/// One half of each vector belongs to the first row, the other to the second.
@inline(__always)
private func resizeAlong(_ arguments: borrowing AlongArguments, pairs: Int) {
    let half = half()
    let windows = arguments.windows
    var taps = arguments.taps
    var first = arguments.firstOutput
    var second = arguments.secondOutput
    var index = 0
    while index < windows.count {
        let start = 4 &* windows[index].lowerBound
        var high = Sums.zero
        var low = half
        var pair = 0
        while pair < pairs {
            let offset = start &+ 8 &* pair
            let pixels = pixels_join(
                (arguments.first + offset).loadUnaligned(as: SIMD16<UInt8>.self),
                (arguments.second + offset).loadUnaligned(as: SIMD16<UInt8>.self)
            )
            let front = pixels_zip_front(pixels)
            high = pixels_add(high, pixels_pair_sums(front, pixels_twice(taps[pair].high)))
            low = pixels_add(low, pixels_pair_sums(front, pixels_twice(taps[pair].low)))
            pair &+= 1
            if pair < pairs {
                let back = pixels_zip_back(pixels)
                high = pixels_add(high, pixels_pair_sums(back, pixels_twice(taps[pair].high)))
                low = pixels_add(low, pixels_pair_sums(back, pixels_twice(taps[pair].low)))
                pair &+= 1
            }
        }
        // The fourth byte is the next pixel's first, which is written after it.
        let bytes = pixels_round(high, low)
        first.storeBytes(of: bytes.lowHalf, as: SIMD4<UInt8>.self)
        second.storeBytes(of: bytes.highHalf, as: SIMD4<UInt8>.self)
        first += 3
        second += 3
        taps += pairs
        index &+= 1
    }
}

/// Sixteen columns at a time.
private func sumDown(_ arguments: borrowing DownArguments) {
    let rows = arguments.rows
    let taps = arguments.taps
    let half = half()
    var column = 0
    while column < arguments.count {
        var high = (Sums.zero, Sums.zero)
        var low = (half, half)
        var pair = 0
        while pair < arguments.pairs {
            let first = (rows[2 &* pair] + column).loadUnaligned(as: SIMD16<UInt8>.self)
            let second = (rows[2 &* pair &+ 1] + column).loadUnaligned(as: SIMD16<UInt8>.self)
            let samples = (pixels_zip_first(first, second), pixels_zip_second(first, second))
            let highWeights = pixels_twice(taps[pair].high)
            let lowWeights = pixels_twice(taps[pair].low)
            high.0 = pixels_add(high.0, pixels_pair_sums(samples.0, highWeights))
            high.1 = pixels_add(high.1, pixels_pair_sums(samples.1, highWeights))
            low.0 = pixels_add(low.0, pixels_pair_sums(samples.0, lowWeights))
            low.1 = pixels_add(low.1, pixels_pair_sums(samples.1, lowWeights))
            pair &+= 1
        }
        let target = arguments.output + column
        target.storeBytes(of: pixels_round(high.0, low.0), as: SIMD8<UInt8>.self)
        (target + 8).storeBytes(of: pixels_round(high.1, low.1), as: SIMD8<UInt8>.self)
        column &+= 16
    }
}
