// What a tile asks for while it is computed, so that it is in a cache when its turn comes.

internal import CIntrinsics
internal import KernelInterface

/// Words of a cache line.
private var lineWords: Int { 16 }

/// Asks for one tap's inputs of the next tile: see `GEMMArguments.readsAhead`.
///
/// - Parameter source: the tap of this tile's first pixel.
@inline(__always)
func requestInputs(_ source: UnsafePointer<Float>, rows: Int, aStride: Int) {
    for r in rows..<2 * rows { effnet_prefetch(source + r * aStride) }
}

/// Pixels among which the next panel's weights are divided: those of the smallest features, 7×7. Whatever comes behind
/// more of them has its weights earlier than it needs them.
private var sharingPixels: Int { 49 }

/// Where a tile's part of the next weights begins; nil if others have asked for all of them.
///
/// - Parameter pixel: the tile's first, counted from the first of the call.
@inline(__always)
func nextWeights<Input: Format>(
    _: Input.Type,
    _ arguments: borrowing GEMMArguments,
    pixel: Int,
    blocks: Int
) -> UnsafePointer<Float>? {
    // Integers are multiplied no faster for it.
    guard !Input.isBytes, let next = arguments.next, pixel < sharingPixels else { return nil }
    return next + pixel * arguments.fullTaps * Input.words * blocks * width / sharingPixels
}

/// Asks for what falls to one tap of a tile's part of the next weights.
///
/// - Returns: where the next tap goes on.
@inline(__always)
func requestWeights<Input: Format>(
    _: Input.Type,
    _ next: UnsafePointer<Float>,
    rows: Int,
    blocks: Int
) -> UnsafePointer<Float> {
    let words = rows * blocks * width * Input.words / sharingPixels
    let lines = (words + lineWords - 1) / lineWords
    for line in 0..<lines { effnet_prefetch(next + line * lineWords) }
    return next + lines * lineWords
}
