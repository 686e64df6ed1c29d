#pragma once

// Integer vectors for 8-bit pixels: 256 bits, which are two registers where the target has only those of 128. "Half" is
// one of 128 bits.

typedef unsigned char pixels_u8x8 __attribute__((ext_vector_type(8)));
typedef unsigned char pixels_u8x16 __attribute__((ext_vector_type(16)));
typedef unsigned char pixels_u8x32 __attribute__((ext_vector_type(32)));
typedef short pixels_i16x8 __attribute__((ext_vector_type(8)));
typedef short pixels_i16x16 __attribute__((ext_vector_type(16)));
typedef int pixels_i32x4 __attribute__((ext_vector_type(4)));
typedef int pixels_i32x8 __attribute__((ext_vector_type(8)));
typedef unsigned long long pixels_u64x4 __attribute__((ext_vector_type(4)));

#define PIXELS_INLINE static inline __attribute__((always_inline, unused))

PIXELS_INLINE pixels_u8x32 pixels_join(pixels_u8x16 a, pixels_u8x16 b) {
    return __builtin_shufflevector(
        a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
        29, 30, 31);
}

PIXELS_INLINE pixels_i16x16 pixels_twice(pixels_i16x8 a) {
    return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
}

PIXELS_INLINE pixels_i32x8 pixels_broadcast(int a) { return (pixels_i32x8)a; }
PIXELS_INLINE pixels_i32x8 pixels_add(pixels_i32x8 a, pixels_i32x8 b) { return a + b; }

// The bytes of a half's first and second four-byte pixel in turn; or of its third and fourth.
PIXELS_INLINE pixels_i16x16 pixels_zip_front(pixels_u8x32 a) {
#ifdef __AVX2__
    return (pixels_i16x16)__builtin_ia32_pshufb256(
        (__attribute__((vector_size(32))) char)a,
        (__attribute__((vector_size(32))) char){0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1,
                                                0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1});
#else
    pixels_u8x32 b = (pixels_u8x32)((pixels_u64x4)a >> 32);
    return __builtin_convertvector(
        __builtin_shufflevector(a, b, 0, 32, 1, 33, 2, 34, 3, 35, 16, 48, 17, 49, 18, 50, 19, 51), pixels_i16x16);
#endif
}

PIXELS_INLINE pixels_i16x16 pixels_zip_back(pixels_u8x32 a) {
#ifdef __AVX2__
    return (pixels_i16x16)__builtin_ia32_pshufb256(
        (__attribute__((vector_size(32))) char)a,
        (__attribute__((vector_size(32))) char){8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1,
                                                8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1});
#else
    pixels_u8x32 b = (pixels_u8x32)((pixels_u64x4)a >> 32);
    return __builtin_convertvector(
        __builtin_shufflevector(a, b, 8, 40, 9, 41, 10, 42, 11, 43, 24, 56, 25, 57, 26, 58, 27, 59), pixels_i16x16);
#endif
}

// The bytes of a and b in turn, a first, from the first or second eight of both.
PIXELS_INLINE pixels_i16x16 pixels_zip_first(pixels_u8x16 a, pixels_u8x16 b) {
    return __builtin_convertvector(
        __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), pixels_i16x16);
}

PIXELS_INLINE pixels_i16x16 pixels_zip_second(pixels_u8x16 a, pixels_u8x16 b) {
    return __builtin_convertvector(
        __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), pixels_i16x16);
}

// Products of neighbouring numbers, two and two added: a0 b0 + a1 b1, a2 b2 + a3 b3, …
PIXELS_INLINE pixels_i32x8 pixels_pair_sums(pixels_i16x16 a, pixels_i16x16 b) {
#if defined(__AVX2__)
    return __builtin_ia32_pmaddwd256(a, b);
#elif defined(__SSE2__)
    pixels_i32x4 low = __builtin_ia32_pmaddwd128(a.lo, b.lo), high = __builtin_ia32_pmaddwd128(a.hi, b.hi);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
#else
    pixels_i32x8 even = __builtin_convertvector(a.even, pixels_i32x8) * __builtin_convertvector(b.even, pixels_i32x8);
    pixels_i32x8 odd = __builtin_convertvector(a.odd, pixels_i32x8) * __builtin_convertvector(b.odd, pixels_i32x8);
    return even + odd;
#endif
}

// high · 2^11 + low, over 2^22, limited to 0…255.
PIXELS_INLINE pixels_u8x8 pixels_round(pixels_i32x8 high, pixels_i32x8 low) {
    pixels_i32x8 sums = ((high << 11) + low) >> 22;
#ifdef __SSE2__
    pixels_i16x8 words = __builtin_ia32_packssdw128(sums.lo, sums.hi);
    return ((pixels_u8x16)__builtin_ia32_packuswb128(words, words)).lo;
#else
    pixels_i32x8 limited = __builtin_elementwise_min(__builtin_elementwise_max(sums, (pixels_i32x8)0), (pixels_i32x8)255);
    return __builtin_convertvector(limited, pixels_u8x8);
#endif
}

// Whether this CPU, and the operating system, can run what is compiled for AVX2.
PIXELS_INLINE int pixels_has_avx2(void) {
#ifdef __x86_64__
    return __builtin_cpu_supports("avx2");
#else
    return 0;
#endif
}
