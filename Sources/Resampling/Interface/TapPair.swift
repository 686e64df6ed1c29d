/// The weights of two neighbouring samples, as the loops multiply by them.
///
/// A sample times a weight of 22 fractional bits needs 32 bits, and the instruction that multiplies two neighbouring
/// samples and adds them takes 16: so a weight is split into `high · 2^11 + low`.
package struct TapPair {
    /// The two upper parts in turn, four times over.
    package var high: SIMD8<Int16>
    /// The two lower parts, which are not negative.
    package var low: SIMD8<Int16>

    /// Fractional bits of a weight.
    package static var precision: Int32 { 22 }

    /// - Parameters:
    ///   - first: with `precision` fractional bits, as `second`.
    package init(_ first: Int32, _ second: Int32) {
        let lowBits: Int32 = 11
        let mask: Int32 = (1 << lowBits) - 1
        high = Self.repeated(first >> lowBits, second >> lowBits)
        low = Self.repeated(first & mask, second & mask)
    }

    private static func repeated(_ first: Int32, _ second: Int32) -> SIMD8<Int16> {
        let pair = SIMD2(Int16(truncatingIfNeeded: first), Int16(truncatingIfNeeded: second))
        let four = SIMD4(lowHalf: pair, highHalf: pair)
        return SIMD8(lowHalf: four, highHalf: four)
    }
}
