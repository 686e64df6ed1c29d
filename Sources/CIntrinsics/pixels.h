#pragma once

// Integer vectors for 8-bit pixels, at the width that every x86-64 and arm64 has. Each is one to three instructions.

typedef unsigned char pixels_u8x16 __attribute__((ext_vector_type(16)));
typedef unsigned char pixels_u8x4 __attribute__((ext_vector_type(4)));
typedef short pixels_i16x8 __attribute__((ext_vector_type(8)));
typedef int pixels_i32x4 __attribute__((ext_vector_type(4)));

#define PIXELS_INLINE static inline __attribute__((always_inline))

// The bytes of a and b in turn, a first, from the first, second, third or fourth quarter of both.
PIXELS_INLINE pixels_i16x8 pixels_zip_first(pixels_u8x16 a, pixels_u8x16 b) {
    return __builtin_convertvector(__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19), pixels_i16x8);
}

PIXELS_INLINE pixels_i16x8 pixels_zip_second(pixels_u8x16 a, pixels_u8x16 b) {
    return __builtin_convertvector(__builtin_shufflevector(a, b, 4, 20, 5, 21, 6, 22, 7, 23), pixels_i16x8);
}

PIXELS_INLINE pixels_i16x8 pixels_zip_third(pixels_u8x16 a, pixels_u8x16 b) {
    return __builtin_convertvector(__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27), pixels_i16x8);
}

PIXELS_INLINE pixels_i16x8 pixels_zip_fourth(pixels_u8x16 a, pixels_u8x16 b) {
    return __builtin_convertvector(__builtin_shufflevector(a, b, 12, 28, 13, 29, 14, 30, 15, 31), pixels_i16x8);
}

// The first two pixels of four bytes in turn: both first bytes, both second ones, …
PIXELS_INLINE pixels_i16x8 pixels_zip_pixels(pixels_u8x16 a) {
    return __builtin_convertvector(__builtin_shufflevector(a, a, 0, 4, 1, 5, 2, 6, 3, 7), pixels_i16x8);
}

// Products of neighbouring numbers, two and two added: a0 b0 + a1 b1, a2 b2 + a3 b3, …
PIXELS_INLINE pixels_i32x4 pixels_pair_sums(pixels_i16x8 a, pixels_i16x8 b) {
#ifdef __SSE2__
    return __builtin_ia32_pmaddwd128(a, b);
#else
    pixels_i32x4 even = __builtin_convertvector(a.even, pixels_i32x4) * __builtin_convertvector(b.even, pixels_i32x4);
    pixels_i32x4 odd = __builtin_convertvector(a.odd, pixels_i32x4) * __builtin_convertvector(b.odd, pixels_i32x4);
    return even + odd;
#endif
}

// Each number limited to 0…255. The numbers must fit in 16 bits.
PIXELS_INLINE pixels_u8x4 pixels_saturate(pixels_i32x4 a) {
    pixels_i32x4 limited = __builtin_elementwise_min(__builtin_elementwise_max(a, (pixels_i32x4)0), (pixels_i32x4)255);
    return __builtin_convertvector(limited, pixels_u8x4);
}
