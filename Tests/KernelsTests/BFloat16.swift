/// bf16 numbers as the kernels keep them: two in a word, the first in the lower half.
extension Float {
    /// The nearest bf16 number, of two equally near ones that with an even last bit.
    var roundedToBFloat16: Float {
        let below = Float(bitPattern: bitPattern & 0xffff_0000)
        let beyond = Float(bitPattern: below.bitPattern + 0x1_0000)
        let (distance, other) = (abs(Double(self) - Double(below)), abs(Double(beyond) - Double(self)))
        guard distance != other else { return below.bitPattern & 0x1_0000 == 0 ? below : beyond }
        return distance < other ? below : beyond
    }

    /// The two bf16 numbers of a word.
    var bfloat16Pair: [Float] {
        [Float(bitPattern: bitPattern << 16), Float(bitPattern: bitPattern & 0xffff_0000)]
    }
}

extension [Float] {
    /// Pairs of bf16 numbers as words.
    var packedAsBFloat16: [Float] {
        stride(from: 0, to: count, by: 2).map { index in
            Float(bitPattern: self[index].bitPattern >> 16 | self[index + 1].bitPattern & 0xffff_0000)
        }
    }
}

extension Pinned where Element == Float {
    /// The contents as pairs of bf16 numbers.
    var bfloat16s: [Float] { (0..<count).flatMap { self[$0].bfloat16Pair } }
}
