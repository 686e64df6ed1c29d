// The vector of each kernel set and its primitives under one name. This is the only file that differs between the sets.

internal import CIntrinsics

#if KERNELS_AVX512
    typealias Vector = SIMD16<Float>
    let width = 16

    @inline(__always) func load(_ p: UnsafePointer<Float>) -> Vector { f32x16_load(p) }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Float>, _ v: Vector) { f32x16_store(p, v) }
    @inline(__always) func broadcast(_ x: Float) -> Vector { f32x16_broadcast(x) }
    @inline(__always) func add(_ a: Vector, _ b: Vector) -> Vector { f32x16_add(a, b) }
    @inline(__always) func sub(_ a: Vector, _ b: Vector) -> Vector { f32x16_sub(a, b) }
    @inline(__always) func mul(_ a: Vector, _ b: Vector) -> Vector { f32x16_mul(a, b) }
    @inline(__always) func div(_ a: Vector, _ b: Vector) -> Vector { f32x16_div(a, b) }
    @inline(__always) func min(_ a: Vector, _ b: Vector) -> Vector { f32x16_min(a, b) }
    @inline(__always) func max(_ a: Vector, _ b: Vector) -> Vector { f32x16_max(a, b) }
    /// x − ⌊x⌋
    @inline(__always) func fraction(_ x: Vector) -> Vector { f32x16_fraction(x) }
    /// x · 2^⌊n⌋
    @inline(__always) func scale(_ x: Vector, _ n: Vector) -> Vector { f32x16_scale(x, n) }
    /// 1 / x, to about 12 bits.
    @inline(__always) func approximateReciprocal(_ x: Vector) -> Vector { f32x16_reciprocal(x) }
    @inline(__always) func widen(_ p: UnsafePointer<UInt8>) -> Vector { f32x16_from_u8(p) }
    /// The lower half of a, and the upper of b
    @inline(__always) func joinHalves(_ a: Vector, _ b: Vector) -> Vector { f32x16_join_halves(a, b) }
    /// That half of v, and zeros
    @inline(__always) func lowerHalf(_ v: Vector) -> Vector { f32x16_lower_half(v) }
    @inline(__always) func upperHalf(_ v: Vector) -> Vector { f32x16_upper_half(v) }
    /// a · b + c
    @inline(__always) func fma(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x16_fma(a, b, c) }
    /// c + the products of the bf16 pairs of a and b
    @inline(__always) func dot(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x16_dot_bf16(a, b, c) }
    @inline(__always) func loadBFloat16(_ p: UnsafePointer<Float>) -> Vector { f32x16_from_bf16(p) }
    @inline(__always) func storeBFloat16(_ p: UnsafeMutablePointer<Float>, _ v: Vector) { f32x16_store_bf16(p, v) }
    /// c + the products of the unsigned bytes of a and the signed ones of b; integers
    @inline(__always) func dotBytes(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x16_dot_u8s8(a, b, c) }
    @inline(__always) func fromIntegers(_ a: Vector) -> Vector { f32x16_from_i32(a) }
    /// Rounded to bytes: all of the first vector, then all of the second…
    @inline(__always) func bytesByVector(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> Vector {
        f32x16_bytes_by_vector(a, b, c, d)
    }
    /// Rounded to bytes: those of the first lane, then those of the second…
    @inline(__always) func bytesByLane(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> Vector {
        f32x16_bytes_by_lane(a, b, c, d)
    }
    /// The first lanes of a, b and c, then the second ones…
    @inline(__always) func storeTriples(_ p: UnsafeMutablePointer<Float>, _ a: Vector, _ b: Vector, _ c: Vector) {
        f32x16_store_triples(p, a, b, c)
    }
    /// In bf16: the first lanes of a, b and c and a zero, then the second ones…
    @inline(__always) func storeBFloat16Triples(_ p: UnsafeMutablePointer<Float>, _ a: Vector, _ b: Vector, _ c: Vector)
    {
        f32x16_store_bf16_quadruples(p, a, b, c, broadcast(0))
    }
    /// Three bytes in each lane
    @inline(__always) func loadTriples(_ p: UnsafePointer<UInt8>) -> Vector { f32x16_words_of_triples(p) }
    /// In each lane the lowest bytes, as many as said, and the others above them
    @inline(__always) func select(firstBytes count: Int, of a: Vector, otherwise b: Vector) -> Vector {
        f32x16_first_bytes(Int32(truncatingIfNeeded: count), a, b)
    }
#elseif KERNELS_AVX2
    typealias Vector = SIMD8<Float>
    let width = 8

    @inline(__always) func load(_ p: UnsafePointer<Float>) -> Vector { f32x8_load(p) }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Float>, _ v: Vector) { f32x8_store(p, v) }
    @inline(__always) func broadcast(_ x: Float) -> Vector { f32x8_broadcast(x) }
    @inline(__always) func add(_ a: Vector, _ b: Vector) -> Vector { f32x8_add(a, b) }
    @inline(__always) func sub(_ a: Vector, _ b: Vector) -> Vector { f32x8_sub(a, b) }
    @inline(__always) func mul(_ a: Vector, _ b: Vector) -> Vector { f32x8_mul(a, b) }
    @inline(__always) func div(_ a: Vector, _ b: Vector) -> Vector { f32x8_div(a, b) }
    @inline(__always) func min(_ a: Vector, _ b: Vector) -> Vector { f32x8_min(a, b) }
    @inline(__always) func max(_ a: Vector, _ b: Vector) -> Vector { f32x8_max(a, b) }
    /// x − ⌊x⌋
    @inline(__always) func fraction(_ x: Vector) -> Vector { f32x8_fraction(x) }
    /// x · 2^⌊n⌋
    @inline(__always) func scale(_ x: Vector, _ n: Vector) -> Vector { f32x8_scale(x, n) }
    /// 1 / x, to about 12 bits.
    @inline(__always) func approximateReciprocal(_ x: Vector) -> Vector { f32x8_reciprocal(x) }
    @inline(__always) func widen(_ p: UnsafePointer<UInt8>) -> Vector { f32x8_from_u8(p) }
    /// The lower half of a, and the upper of b
    @inline(__always) func joinHalves(_ a: Vector, _ b: Vector) -> Vector { f32x8_join_halves(a, b) }
    /// That half of v, and zeros
    @inline(__always) func lowerHalf(_ v: Vector) -> Vector { f32x8_lower_half(v) }
    @inline(__always) func upperHalf(_ v: Vector) -> Vector { f32x8_upper_half(v) }
    /// a · b + c
    @inline(__always) func fma(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x8_fma(a, b, c) }
    /// c + the products of the bf16 pairs of a and b
    @inline(__always) func dot(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x8_dot_bf16(a, b, c) }
    @inline(__always) func loadBFloat16(_ p: UnsafePointer<Float>) -> Vector { f32x8_from_bf16(p) }
    @inline(__always) func storeBFloat16(_ p: UnsafeMutablePointer<Float>, _ v: Vector) { f32x8_store_bf16(p, v) }
    /// c + the products of the unsigned bytes of a and the signed ones of b; integers
    @inline(__always) func dotBytes(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x8_dot_u8s8(a, b, c) }
    @inline(__always) func fromIntegers(_ a: Vector) -> Vector { f32x8_from_i32(a) }
    /// Rounded to bytes: all of the first vector, then all of the second…
    @inline(__always) func bytesByVector(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> Vector {
        f32x8_bytes_by_vector(a, b, c, d)
    }
    /// Rounded to bytes: those of the first lane, then those of the second…
    @inline(__always) func bytesByLane(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> Vector {
        f32x8_bytes_by_lane(a, b, c, d)
    }
    /// The first lanes of a, b and c, then the second ones…
    @inline(__always) func storeTriples(_ p: UnsafeMutablePointer<Float>, _ a: Vector, _ b: Vector, _ c: Vector) {
        f32x8_store_triples(p, a, b, c)
    }
    /// In bf16: the first lanes of a, b and c and a zero, then the second ones…
    @inline(__always) func storeBFloat16Triples(_ p: UnsafeMutablePointer<Float>, _ a: Vector, _ b: Vector, _ c: Vector)
    {
        f32x8_store_bf16_quadruples(p, a, b, c, broadcast(0))
    }
    /// Three bytes in each lane
    @inline(__always) func loadTriples(_ p: UnsafePointer<UInt8>) -> Vector { f32x8_words_of_triples(p) }
    /// In each lane the lowest bytes, as many as said, and the others above them
    @inline(__always) func select(firstBytes count: Int, of a: Vector, otherwise b: Vector) -> Vector {
        f32x8_first_bytes(Int32(truncatingIfNeeded: count), a, b)
    }
#else
    typealias Vector = SIMD4<Float>
    let width = 4

    @inline(__always) func load(_ p: UnsafePointer<Float>) -> Vector { f32x4_load(p) }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Float>, _ v: Vector) { f32x4_store(p, v) }
    @inline(__always) func broadcast(_ x: Float) -> Vector { f32x4_broadcast(x) }
    @inline(__always) func add(_ a: Vector, _ b: Vector) -> Vector { f32x4_add(a, b) }
    @inline(__always) func sub(_ a: Vector, _ b: Vector) -> Vector { f32x4_sub(a, b) }
    @inline(__always) func mul(_ a: Vector, _ b: Vector) -> Vector { f32x4_mul(a, b) }
    @inline(__always) func div(_ a: Vector, _ b: Vector) -> Vector { f32x4_div(a, b) }
    @inline(__always) func min(_ a: Vector, _ b: Vector) -> Vector { f32x4_min(a, b) }
    @inline(__always) func max(_ a: Vector, _ b: Vector) -> Vector { f32x4_max(a, b) }
    /// x − ⌊x⌋
    @inline(__always) func fraction(_ x: Vector) -> Vector { f32x4_fraction(x) }
    /// x · 2^⌊n⌋
    @inline(__always) func scale(_ x: Vector, _ n: Vector) -> Vector { f32x4_scale(x, n) }
    /// 1 / x, to about 12 bits.
    @inline(__always) func approximateReciprocal(_ x: Vector) -> Vector { f32x4_reciprocal(x) }
    @inline(__always) func widen(_ p: UnsafePointer<UInt8>) -> Vector { f32x4_from_u8(p) }
    /// The lower half of a, and the upper of b
    @inline(__always) func joinHalves(_ a: Vector, _ b: Vector) -> Vector { f32x4_join_halves(a, b) }
    /// That half of v, and zeros
    @inline(__always) func lowerHalf(_ v: Vector) -> Vector { f32x4_lower_half(v) }
    @inline(__always) func upperHalf(_ v: Vector) -> Vector { f32x4_upper_half(v) }
    /// a · b + c
    @inline(__always) func fma(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x4_fma(a, b, c) }
    /// c + the products of the bf16 pairs of a and b
    @inline(__always) func dot(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x4_dot_bf16(a, b, c) }
    @inline(__always) func loadBFloat16(_ p: UnsafePointer<Float>) -> Vector { f32x4_from_bf16(p) }
    @inline(__always) func storeBFloat16(_ p: UnsafeMutablePointer<Float>, _ v: Vector) { f32x4_store_bf16(p, v) }
    /// c + the products of the unsigned bytes of a and the signed ones of b; integers
    @inline(__always) func dotBytes(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { f32x4_dot_u8s8(a, b, c) }
    @inline(__always) func fromIntegers(_ a: Vector) -> Vector { f32x4_from_i32(a) }
    /// Rounded to bytes: all of the first vector, then all of the second…
    @inline(__always) func bytesByVector(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> Vector {
        f32x4_bytes_by_vector(a, b, c, d)
    }
    /// Rounded to bytes: those of the first lane, then those of the second…
    @inline(__always) func bytesByLane(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> Vector {
        f32x4_bytes_by_lane(a, b, c, d)
    }
    /// The first lanes of a, b and c, then the second ones…
    @inline(__always) func storeTriples(_ p: UnsafeMutablePointer<Float>, _ a: Vector, _ b: Vector, _ c: Vector) {
        f32x4_store_triples(p, a, b, c)
    }
    /// In bf16: the first lanes of a, b and c and a zero, then the second ones…
    @inline(__always) func storeBFloat16Triples(_ p: UnsafeMutablePointer<Float>, _ a: Vector, _ b: Vector, _ c: Vector)
    {
        f32x4_store_bf16_quadruples(p, a, b, c, broadcast(0))
    }
    /// Three bytes in each lane
    @inline(__always) func loadTriples(_ p: UnsafePointer<UInt8>) -> Vector { f32x4_words_of_triples(p) }
    /// In each lane the lowest bytes, as many as said, and the others above them
    @inline(__always) func select(firstBytes count: Int, of a: Vector, otherwise b: Vector) -> Vector {
        f32x4_first_bytes(Int32(truncatingIfNeeded: count), a, b)
    }
#endif
