#pragma once

#include "intrinsics.h"

// Integers of 8 bits: a 32-bit lane holds four of them, the first in the lowest byte. They, and sums of 32 bits, travel in
// vectors of floats, as bf16 does.
//
// f32xWIDTH_dot_u8s8: sum + the products of a's unsigned bytes and b's signed ones, exact.
// f32xWIDTH_from_i32: each lane's integer as a float.
// f32xWIDTH_first_bytes: in each lane the lowest bytes of a, as many as said, and above them those of b.
// f32xWIDTH_bytes_by_vector, f32xWIDTH_bytes_by_lane: four vectors of numbers, rounded to nearest even and limited to
// 0…255: the bytes of the first vector, then of the second…; or the four bytes of the first lane, then of the second…
// Precondition of both: all numbers are less than 2^31.

#define EFFNET_BYTES(width, halves, bytes)                                                                            \
    typedef short i16x##halves __attribute__((ext_vector_type(halves)));                                              \
    typedef unsigned short bytes_u16x##halves __attribute__((ext_vector_type(halves)));                               \
    typedef unsigned char u8x##bytes __attribute__((ext_vector_type(bytes)));                                         \
    EFFNET_INLINE f32x##width f32x##width##_from_i32(f32x##width a) {                                                 \
        return __builtin_convertvector((i32x##width)a, f32x##width);                                                  \
    }                                                                                                                 \
    EFFNET_INLINE f32x##width f32x##width##_first_bytes(int count, f32x##width a, f32x##width b) {                    \
        i32x##width mask = (i32x##width)(count < 1 ? 0 : count < 4 ? (1 << 8 * count) - 1 : -1);                      \
        return (f32x##width)(((i32x##width)a & mask) | ((i32x##width)b & ~mask));                                     \
    }

EFFNET_BYTES(4, 8, 16)
EFFNET_BYTES(8, 16, 32)
EFFNET_BYTES(16, 32, 64)

// Products of an unsigned and a signed byte fit in 16 bits, and pairs of them in 32. Even and odd bytes are multiplied
// apart, so that nothing saturates, as VPMADDUBSW would.
#define EFFNET_DOT_BY_PAIRS(width, halves, pair_sums)                                                                 \
    EFFNET_INLINE f32x##width f32x##width##_dot_u8s8(f32x##width a, f32x##width b, f32x##width sum) {                 \
        i16x##halves a_even = (i16x##halves)a & (short)0xff;                                                          \
        i16x##halves a_odd = (i16x##halves)((bytes_u16x##halves)a >> 8);                                              \
        i16x##halves b_even = (i16x##halves)((i16x##halves)b << 8) >> 8;                                              \
        i16x##halves b_odd = (i16x##halves)b >> 8;                                                                    \
        return (f32x##width)((i32x##width)sum + (i32x##width)pair_sums(a_even, b_even) +                              \
                             (i32x##width)pair_sums(a_odd, b_odd));                                                   \
    }

// The numbers of four vectors that share 128 bits stand together: four of the first, four of the second…
#define EFFNET_BYTES_BY_PACKING(width, halves, bytes, round, pack_to_16, pack_to_8)                                   \
    EFFNET_INLINE u8x##bytes f32x##width##_packed_bytes(f32x##width a, f32x##width b, f32x##width c, f32x##width d) { \
        return (u8x##bytes)pack_to_8(pack_to_16(round(a), round(b)), pack_to_16(round(c), round(d)));                 \
    }

#ifdef __AVX512VNNI__
EFFNET_INLINE f32x16 f32x16_dot_u8s8(f32x16 a, f32x16 b, f32x16 sum) {
    return (f32x16)__builtin_ia32_vpdpbusd512((i32x16)sum, (i32x16)a, (i32x16)b);
}
#elif defined(__AVX512BW__)
EFFNET_DOT_BY_PAIRS(16, 32, __builtin_ia32_pmaddwd512)
#endif

#ifdef __AVX512BW__
#define EFFNET_ROUND_16(a) __builtin_ia32_cvtps2dq512_mask(a, (i32x16)0, (unsigned short)-1, 4)
EFFNET_BYTES_BY_PACKING(16, 32, 64, EFFNET_ROUND_16, __builtin_ia32_packssdw512, __builtin_ia32_packuswb512)
EFFNET_INLINE f32x16 f32x16_bytes_by_vector(f32x16 a, f32x16 b, f32x16 c, f32x16 d) {
    i32x16 packed = (i32x16)f32x16_packed_bytes(a, b, c, d);
    return (f32x16)__builtin_shufflevector(packed, packed,
                                           0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}
EFFNET_INLINE f32x16 f32x16_bytes_by_lane(f32x16 a, f32x16 b, f32x16 c, f32x16 d) {
    u8x64 packed = f32x16_packed_bytes(a, b, c, d);
    return (f32x16)__builtin_shufflevector(packed, packed,
                                           0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 16, 20, 24, 28, 17,
                                           21, 25, 29, 18, 22, 26, 30, 19, 23, 27, 31, 32, 36, 40, 44, 33, 37, 41,
                                           45, 34, 38, 42, 46, 35, 39, 43, 47, 48, 52, 56, 60, 49, 53, 57, 61, 50,
                                           54, 58, 62, 51, 55, 59, 63);
}
#endif

#ifdef __AVX2__
EFFNET_DOT_BY_PAIRS(8, 16, __builtin_ia32_pmaddwd256)
EFFNET_BYTES_BY_PACKING(8, 16, 32, __builtin_ia32_cvtps2dq256, __builtin_ia32_packssdw256, __builtin_ia32_packuswb256)
EFFNET_INLINE f32x8 f32x8_bytes_by_vector(f32x8 a, f32x8 b, f32x8 c, f32x8 d) {
    i32x8 packed = (i32x8)f32x8_packed_bytes(a, b, c, d);
    return (f32x8)__builtin_shufflevector(packed, packed, 0, 4, 1, 5, 2, 6, 3, 7);
}
EFFNET_INLINE f32x8 f32x8_bytes_by_lane(f32x8 a, f32x8 b, f32x8 c, f32x8 d) {
    u8x32 packed = f32x8_packed_bytes(a, b, c, d);
    return (f32x8)__builtin_shufflevector(packed, packed,
                                          0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 16, 20, 24, 28, 17,
                                          21, 25, 29, 18, 22, 26, 30, 19, 23, 27, 31);
}
#endif

#ifdef __SSE2__
EFFNET_DOT_BY_PAIRS(4, 8, __builtin_ia32_pmaddwd128)
EFFNET_BYTES_BY_PACKING(4, 8, 16, __builtin_ia32_cvtps2dq, __builtin_ia32_packssdw128, __builtin_ia32_packuswb128)
#else
EFFNET_INLINE i32x4 f32x4_pair_sums(i16x8 a, i16x8 b) {
    return __builtin_convertvector(a.even, i32x4) * __builtin_convertvector(b.even, i32x4) +
           __builtin_convertvector(a.odd, i32x4) * __builtin_convertvector(b.odd, i32x4);
}
EFFNET_DOT_BY_PAIRS(4, 8, f32x4_pair_sums)
// 1.5 · 2^23 leaves the rounded integer in the lowest bits.
EFFNET_INLINE u8x4 f32x4_rounded_bytes(f32x4 a) {
    f32x4 limited = f32x4_min(f32x4_max(a, (f32x4)0), (f32x4)255);
    return __builtin_convertvector((i32x4)(limited + 0x1.8p23f) & 0xff, u8x4);
}
EFFNET_INLINE u8x16 f32x4_packed_bytes(f32x4 a, f32x4 b, f32x4 c, f32x4 d) {
    u8x16 bytes;
    bytes.lo.lo = f32x4_rounded_bytes(a);
    bytes.lo.hi = f32x4_rounded_bytes(b);
    bytes.hi.lo = f32x4_rounded_bytes(c);
    bytes.hi.hi = f32x4_rounded_bytes(d);
    return bytes;
}
#endif

EFFNET_INLINE f32x4 f32x4_bytes_by_vector(f32x4 a, f32x4 b, f32x4 c, f32x4 d) {
    return (f32x4)f32x4_packed_bytes(a, b, c, d);
}
EFFNET_INLINE f32x4 f32x4_bytes_by_lane(f32x4 a, f32x4 b, f32x4 c, f32x4 d) {
    u8x16 packed = f32x4_packed_bytes(a, b, c, d);
    return (f32x4)__builtin_shufflevector(packed, packed, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}
