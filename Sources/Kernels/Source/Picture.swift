internal import KernelInterface

// MARK: Samples

func pictureSamples(_ arguments: borrowing PictureSampleArguments) {
    if case .uint8 = arguments.element { return bytes(arguments) }
    guard let scales = arguments.scales, let offsets = arguments.offsets else { return }
    switch arguments.element {
    case .float32: floats(arguments, scales: scales, offsets: offsets)
    case .bfloat16: bfloat16(arguments, scale: load(scales), offset: load(offsets))
    case .uint8, .uint8Quads: break  // Bytes have no scales; quads are never planned.
    }
}

private func floats(
    _ arguments: borrowing PictureSampleArguments,
    scales: UnsafePointer<Float>,
    offsets: UnsafePointer<Float>
) {
    let count = arguments.count * arguments.channels
    let samples = arguments.samples
    var index = 0
    var phase = 0
    while index + width <= count {
        let value = fma(widen(samples + index), load(scales + phase), load(offsets + phase))
        store(arguments.output + index, value)
        index += width
        phase += width
        if phase == arguments.period { phase = 0 }
    }
    while index < count {
        arguments.output[index] = Float(samples[index]) * scales[phase] + offsets[phase]
        index += 1
        phase += 1
    }
}

/// A quarter of a vector of pixels after the other.
private func bfloat16(_ arguments: borrowing PictureSampleArguments, scale: Vector, offset: Vector) {
    let (samples, output, count) = (arguments.samples, arguments.output, arguments.count)
    forEachVector(count) { pixel, valid in
        var words = pixels(samples, channels: 3, pixel: pixel, valid: valid)
        withUnsafePointer(to: &words) { words in
            let bytes = UnsafeRawPointer(words).assumingMemoryBound(to: UInt8.self)
            for quarter in 0..<4 {
                let first = quarter * width / 4
                guard first < valid else { return }
                let numbers = fma(widen(bytes + first * 4), scale, offset)
                let rest = Swift.min(width / 2, (valid - first) * 2)
                store(words: rest, of: width / 2, to: output + (pixel + first) * 2) { storeBFloat16($0, numbers) }
            }
        }
    }
}

private func bytes(_ arguments: borrowing PictureSampleArguments) {
    let (samples, channels, output) = (arguments.samples, arguments.channels, arguments.output)
    forEachVector(arguments.count) { pixel, valid in
        let words = pixels(samples, channels: channels, pixel: pixel, valid: valid)
        store(words, first: valid, to: output + pixel)
    }
}

/// The samples of `valid` pixels, a word each.
@inline(__always)
private func pixels(_ samples: UnsafePointer<UInt8>, channels: Int, pixel: Int, valid: Int) -> Vector {
    if channels == 3, valid == width { return loadTriples(samples + pixel * 3) }
    var words = broadcast(0)
    for lane in 0..<valid {
        var word: UInt32 = 0
        for channel in 0..<channels {
            word |= UInt32(samples[(pixel + lane) * channels + channel]) << UInt32(8 * channel)
        }
        words[lane] = Float(bitPattern: word)
    }
    return words
}

// MARK: Planes

func picturePlanes(_ arguments: borrowing PicturePlaneArguments) {
    let (channels, output) = (arguments.channels, arguments.output)
    let (planes, planeStride) = (arguments.planes, arguments.planeStride)
    @inline(__always)
    func numbers(_ channel: Int, pixel: Int, valid: Int) -> Vector {
        let plane = planes + channel * planeStride + pixel
        if valid == width { return load(plane) }
        var numbers = broadcast(0)
        for lane in 0..<valid { numbers[lane] = plane[lane] }
        return numbers
    }
    switch arguments.element {
    case .float32:
        var pixel = 0
        if channels == 3 {
            while pixel + width <= arguments.count {
                let first = planes + pixel
                storeTriples(
                    output + pixel * 3,
                    load(first),
                    load(first + planeStride),
                    load(first + 2 * planeStride)
                )
                pixel += width
            }
        }
        while pixel < arguments.count {
            for channel in 0..<channels {
                output[pixel * channels + channel] = planes[channel * planeStride + pixel]
            }
            pixel += 1
        }
    case .bfloat16:
        forEachVector(arguments.count) { pixel, valid in
            let red = numbers(0, pixel: pixel, valid: valid)
            let green = numbers(1, pixel: pixel, valid: valid)
            let blue = numbers(2, pixel: pixel, valid: valid)
            store(words: valid * 2, of: width * 2, to: output + pixel * 2) {
                storeBFloat16Triples($0, red, green, blue)
            }
        }
    case .uint8:
        let (factors, offsets) = (arguments.factors, arguments.offsets)
        /// One channel's numbers as they are stored, before rounding; zeros for a channel that does not exist.
        @inline(__always)
        func stored(_ channel: Int, pixel: Int, valid: Int) -> Vector {
            guard channel < channels else { return broadcast(0) }
            let numbers = numbers(channel, pixel: pixel, valid: valid)
            // Not fused, so that all kernel sets give the same bytes.
            return min(add(mul(numbers, broadcast(factors[channel])), broadcast(offsets[channel])), broadcast(255))
        }
        forEachVector(arguments.count) { pixel, valid in
            let words = bytesByLane(
                stored(0, pixel: pixel, valid: valid),
                stored(1, pixel: pixel, valid: valid),
                stored(2, pixel: pixel, valid: valid),
                stored(3, pixel: pixel, valid: valid)
            )
            store(words, first: valid, to: output + pixel)
        }
    case .uint8Quads: break  // Never planned.
    }
}

// MARK: Rows

/// Calls `body` with the first pixel of each vector of pixels, and how many of them are pixels of the row.
@inline(__always)
private func forEachVector(_ count: Int, _ body: (_ pixel: Int, _ valid: Int) -> Void) {
    var pixel = 0
    while pixel + width <= count {
        body(pixel, width)
        pixel += width
    }
    if pixel < count { body(pixel, count - pixel) }
}

/// Stores the first lanes.
@inline(__always)
private func store(_ vector: Vector, first count: Int, to output: UnsafeMutablePointer<Float>) {
    if count == width {
        store(output, vector)
    } else {
        for lane in 0..<count { output[lane] = vector[lane] }
    }
}

/// Stores the first words of what `write` writes, of two vectors at most.
@inline(__always)
private func store(
    words count: Int,
    of written: Int,
    to output: UnsafeMutablePointer<Float>,
    _ write: (UnsafeMutablePointer<Float>) -> Void
) {
    if count == written { return write(output) }
    var words = (broadcast(0), broadcast(0))
    withUnsafeMutableBytes(of: &words) { words in
        guard let words = words.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        write(words)
        output.update(from: words, count: count)
    }
}
