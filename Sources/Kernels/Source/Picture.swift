internal import KernelInterface

func quantizePicture(_ arguments: borrowing PictureArguments) {
    var pixel = 0
    while pixel < arguments.count {
        let count = Swift.min(width, arguments.count - pixel)
        let words = bytesByLane(
            stored(0, arguments, pixel: pixel, count: count),
            stored(1, arguments, pixel: pixel, count: count),
            stored(2, arguments, pixel: pixel, count: count),
            stored(3, arguments, pixel: pixel, count: count)
        )
        if count == width {
            store(arguments.output + pixel, words)
        } else {
            for lane in 0..<count { arguments.output[pixel + lane] = words[lane] }
        }
        pixel += width
    }
}

/// One channel's numbers as they are stored in bytes, before rounding; zeros for a channel that does not exist.
@inline(__always)
private func stored(_ channel: Int, _ arguments: borrowing PictureArguments, pixel: Int, count: Int) -> Vector {
    guard channel < arguments.channels else { return broadcast(0) }
    let plane = arguments.planes + channel * arguments.planeStride + pixel
    var numbers = broadcast(0)
    if count == width { numbers = load(plane) } else { for lane in 0..<count { numbers[lane] = plane[lane] } }
    // Not fused, so that all kernel sets give the same bytes.
    let stored = add(mul(numbers, broadcast(arguments.factors[channel])), broadcast(arguments.offsets[channel]))
    return min(stored, broadcast(255))
}
