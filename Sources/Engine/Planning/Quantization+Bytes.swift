internal import ModelGraph

extension Quantization.Features {
    /// Four zeros, as they are stored.
    var zeroWord: Float { Float(bitPattern: UInt32(zero) &* 0x0101_0101) }
}
