/// One of the formats of `Element`: how a block of channels is loaded, stored and multiplied, and how exactly curves are
/// computed that go with it.
protocol Format: SendableMetatype {
    /// Words of a block.
    static var words: Int { get }
    /// Whether the network's input comes in it.
    static var isPictures: Bool { get }
    static func read(_ p: UnsafePointer<Float>) -> Vector
    static func write(_ v: Vector, to p: UnsafeMutablePointer<Float>)
    /// `sum` + the products of the channels in each word of `a` and `b`.
    static func multiply(_ a: Vector, _ b: Vector, addingTo sum: Vector) -> Vector
    /// 1 / (1 + e^−x)
    static func sigmoid(_ x: Vector) -> Vector
}

enum Float32Format: Format {
    @inline(__always) static var words: Int { width }
    @inline(__always) static var isPictures: Bool { true }
    @inline(__always) static func read(_ p: UnsafePointer<Float>) -> Vector { load(p) }
    @inline(__always) static func write(_ v: Vector, to p: UnsafeMutablePointer<Float>) { store(p, v) }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector, addingTo sum: Vector) -> Vector { fma(a, b, sum) }
    @inline(__always) static func sigmoid(_ x: Vector) -> Vector { exactSigmoid(x) }
}

enum BFloat16Format: Format {
    @inline(__always) static var words: Int { width / 2 }
    @inline(__always) static var isPictures: Bool { false }
    @inline(__always) static func read(_ p: UnsafePointer<Float>) -> Vector { loadBFloat16(p) }
    @inline(__always) static func write(_ v: Vector, to p: UnsafeMutablePointer<Float>) { storeBFloat16(p, v) }
    @inline(__always) static func multiply(_ a: Vector, _ b: Vector, addingTo sum: Vector) -> Vector { dot(a, b, sum) }
    @inline(__always) static func sigmoid(_ x: Vector) -> Vector { coarseSigmoid(x) }
}
