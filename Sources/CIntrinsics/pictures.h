#pragma once

#include "bytes.h"

// Rows of pictures: the channels of a pixel side by side.
//
// f32xWIDTH_store_triples: a's first lane, b's, c's, a's second…
// f32xWIDTH_store_bf16_quadruples: the same of four vectors, rounded as by store_bf16.
// f32xWIDTH_words_of_triples: pixels of three bytes, each in the low bytes of a lane. Reads three bytes a lane.
#define EFFNET_PICTURE(width)                                                                                         \
    EFFNET_INLINE void f32x##width##_store_triples(float *_Nonnull p, f32x##width a, f32x##width b, f32x##width c) {  \
        for (int lane = 0; lane < width; lane++) {                                                                    \
            p[3 * lane] = a[lane];                                                                                    \
            p[3 * lane + 1] = b[lane];                                                                                \
            p[3 * lane + 2] = c[lane];                                                                                \
        }                                                                                                             \
    }                                                                                                                 \
    EFFNET_INLINE void f32x##width##_store_bf16_quadruples(float *_Nonnull p, f32x##width a, f32x##width b,           \
                                                           f32x##width c, f32x##width d) {                            \
        for (int lane = 0; lane < width; lane++) {                                                                    \
            f32x4 pixel = {a[lane], b[lane], c[lane], d[lane]};                                                       \
            f32x4_store_bf16(p + 2 * lane, pixel);                                                                    \
        }                                                                                                             \
    }                                                                                                                 \
    EFFNET_INLINE f32x##width f32x##width##_words_of_triples(const unsigned char *_Nonnull p) {                       \
        i32x##width words;                                                                                            \
        for (int lane = 0; lane < width; lane++) {                                                                    \
            words[lane] = p[3 * lane] | p[3 * lane + 1] << 8 | p[3 * lane + 2] << 16;                                 \
        }                                                                                                             \
        return (f32x##width)words;                                                                                    \
    }

EFFNET_PICTURE(4)
EFFNET_PICTURE(8)

#ifdef __AVX512BW__
typedef unsigned short u16x32 __attribute__((ext_vector_type(32)));

// Two vectors at a time can be shuffled: the first two, and then the third among them.
#define EFFNET_TRIPLES_16(first, third) __builtin_shufflevector(__builtin_shufflevector(a, b, first), c, third)
#define EFFNET_FIRST_0 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5
#define EFFNET_THIRD_0 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15
#define EFFNET_FIRST_1 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26
#define EFFNET_THIRD_1 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15
#define EFFNET_FIRST_2 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0
#define EFFNET_THIRD_2 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31
EFFNET_INLINE void f32x16_store_triples(float *_Nonnull p, f32x16 a, f32x16 b, f32x16 c) {
    f32x16_store(p, EFFNET_TRIPLES_16(EFFNET_FIRST_0, EFFNET_THIRD_0));
    f32x16_store(p + 16, EFFNET_TRIPLES_16(EFFNET_FIRST_1, EFFNET_THIRD_1));
    f32x16_store(p + 32, EFFNET_TRIPLES_16(EFFNET_FIRST_2, EFFNET_THIRD_2));
}
EFFNET_INLINE u16x16 f32x16_halves(f32x16 v) {
    u16x16 halves;
    f32x16_store_bf16((float *)&halves, v);
    return halves;
}
EFFNET_INLINE void f32x16_store_bf16_quadruples(float *_Nonnull p, f32x16 a, f32x16 b, f32x16 c, f32x16 d) {
    u16x32 ab, cd;
    ab.lo = f32x16_halves(a);
    ab.hi = f32x16_halves(b);
    cd.lo = f32x16_halves(c);
    cd.hi = f32x16_halves(d);
    f32x16_store(p, (f32x16)__builtin_shufflevector(ab, cd,
            0, 16, 32, 48, 1, 17, 33, 49, 2, 18, 34, 50, 3, 19, 35, 51, 4, 20, 36, 52, 5, 21, 37, 53, 6, 22, 38, 54,
            7, 23, 39, 55));
    f32x16_store(p + 16, (f32x16)__builtin_shufflevector(ab, cd,
            8, 24, 40, 56, 9, 25, 41, 57, 10, 26, 42, 58, 11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30,
            46, 62, 15, 31, 47, 63));
}
EFFNET_INLINE f32x16 f32x16_words_of_triples(const unsigned char *_Nonnull p) {
    // Byte 48 is none of theirs.
    u8x64 bytes = {0};
    __builtin_memcpy(&bytes, p, 48);
    return (f32x16)__builtin_shufflevector(bytes, bytes,
            0, 1, 2, 48, 3, 4, 5, 48, 6, 7, 8, 48, 9, 10, 11, 48, 12, 13, 14, 48, 15, 16, 17, 48, 18, 19, 20, 48,
            21, 22, 23, 48, 24, 25, 26, 48, 27, 28, 29, 48, 30, 31, 32, 48, 33, 34, 35, 48, 36, 37, 38, 48, 39, 40,
            41, 48, 42, 43, 44, 48, 45, 46, 47, 48);
}
#else
EFFNET_PICTURE(16)
#endif
