internal import KernelInterface

/// One of the formats of `Element`: how a block of channels is loaded, stored and multiplied, and how exactly curves are
/// computed that go with it.
protocol Format: SendableMetatype {
    /// Whether panels end with half a block: see `Halved`.
    static var isHalved: Bool { get }
    /// Words of a block.
    static var words: Int { get }
    /// Words of two pixels of a picture: from one output pixel's first input to the next one's where the stride is 2; 0 for
    /// a format that no picture with more than a word a pixel comes in.
    static var pictureStride: Int { get }
    /// Whether a word holds one number.
    static var isFloats: Bool { get }
    /// Whether numbers are bytes: then sums of products are integers of 32 bits.
    static var isBytes: Bool { get }
    static func read(_ p: UnsafePointer<Float>) -> Vector
    static func write(_ v: Vector, to p: UnsafeMutablePointer<Float>)
    /// `sum` + the products of the channels in each word of `a` and `b`.
    static func multiply(_ a: Vector, _ b: Vector, addingTo sum: Vector) -> Vector
    /// A sum of products as numbers; only integers have scales.
    static func numbers(_ sum: Vector, scale: Vector) -> Vector
    /// factor / (1 + e^−x)
    static func sigmoid(_ x: Vector, times factor: Vector) -> Vector
}

extension Format {
    @inline(__always) static var isHalved: Bool { false }
}

enum Float32Format: Format {
    @inline(__always) static var words: Int { width }
    @inline(__always) static var pictureStride: Int { 6 }
    @inline(__always) static var isFloats: Bool { true }
    @inline(__always) static var isBytes: Bool { false }
    @inline(__always) static func read(_ p: UnsafePointer<Float>) -> Vector { load(p) }
    @inline(__always) static func write(_ v: Vector, to p: UnsafeMutablePointer<Float>) { store(p, v) }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector, addingTo sum: Vector) -> Vector { fma(a, b, sum) }
    @inline(__always) static func numbers(_ sum: Vector, scale: Vector) -> Vector { sum }
    @inline(__always) static func sigmoid(_ x: Vector, times factor: Vector) -> Vector {
        exactSigmoid(x, times: factor)
    }
}

enum BFloat16Format: Format {
    @inline(__always) static var words: Int { width / 2 }
    @inline(__always) static var pictureStride: Int { 4 }
    @inline(__always) static var isFloats: Bool { false }
    @inline(__always) static var isBytes: Bool { false }
    @inline(__always) static func read(_ p: UnsafePointer<Float>) -> Vector { loadBFloat16(p) }
    @inline(__always) static func write(_ v: Vector, to p: UnsafeMutablePointer<Float>) { storeBFloat16(p, v) }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector, addingTo sum: Vector) -> Vector { dot(a, b, sum) }
    @inline(__always) static func numbers(_ sum: Vector, scale: Vector) -> Vector { sum }
    @inline(__always) static func sigmoid(_ x: Vector, times factor: Vector) -> Vector {
        coarseSigmoid(x, times: factor)
    }
}

/// Bytes are written as they are: see `ByteMapping`.
enum UInt8Format: Format {
    @inline(__always) static var words: Int { width / 4 }
    @inline(__always) static var pictureStride: Int { 0 }
    @inline(__always) static var isFloats: Bool { false }
    @inline(__always) static var isBytes: Bool { true }
    @inline(__always) static func read(_ p: UnsafePointer<Float>) -> Vector {
        widen(UnsafeRawPointer(p).assumingMemoryBound(to: UInt8.self))
    }
    @inline(__always) static func write(_ v: Vector, to p: UnsafeMutablePointer<Float>) {
        write(first: 1, of: bytesByVector(v, v, v, v), to: p)
    }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector, addingTo sum: Vector) -> Vector {
        dotBytes(a, b, sum)
    }
    @inline(__always) static func numbers(_ sum: Vector, scale: Vector) -> Vector { mul(fromIntegers(sum), scale) }
    @inline(__always) static func sigmoid(_ x: Vector, times factor: Vector) -> Vector {
        coarseSigmoid(x, times: factor)
    }

    /// - Parameter four: the bytes of four pixels.
    @inline(__always)
    static func write(first pixels: Int, of four: Vector, to p: UnsafeMutablePointer<Float>) {
        for word in 0..<pixels * words { p[word] = four[word] }
    }
}

/// A format of inputs whose panels end with a block that has at most half as many channels: weights and biases of that
/// block stand in both halves of vectors, and a vector of its sums is of two pixels.
enum Halved<Whole: Format>: Format {
    @inline(__always) static var isHalved: Bool { true }
    @inline(__always) static var words: Int { Whole.words }
    @inline(__always) static var pictureStride: Int { Whole.pictureStride }
    @inline(__always) static var isFloats: Bool { Whole.isFloats }
    @inline(__always) static var isBytes: Bool { Whole.isBytes }
    @inline(__always) static func read(_ p: UnsafePointer<Float>) -> Vector { Whole.read(p) }
    @inline(__always) static func write(_ v: Vector, to p: UnsafeMutablePointer<Float>) { Whole.write(v, to: p) }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector, addingTo sum: Vector) -> Vector {
        Whole.multiply(a, b, addingTo: sum)
    }
    @inline(__always) static func numbers(_ sum: Vector, scale: Vector) -> Vector { Whole.numbers(sum, scale: scale) }
    @inline(__always) static func sigmoid(_ x: Vector, times factor: Vector) -> Vector {
        Whole.sigmoid(x, times: factor)
    }
}

/// Words of one block of a pixel's channels.
///
/// A switch here, because kernels cannot see through functions of other modules.
@inline(__always)
func words(_ element: Element) -> Int {
    switch element {
    case .float32: Float32Format.words
    case .bfloat16: BFloat16Format.words
    case .uint8, .uint8Quads: UInt8Format.words
    }
}
