// One-instruction vector primitives for the kernels. Swift imports each vector type as SIMD4/8/16<Float>; the functions
// become single instructions of whatever features the importing target is compiled with (-Xcc -m…).
#pragma once

#define EFFNET_INLINE static inline __attribute__((always_inline, unused))

// A vector of `width` floats, with its primitives named f32xWIDTH_….
// fma is fused only where the target has the instruction: elsewhere the builtin would call libm for each lane.
#ifdef __FMA__
#define EFFNET_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#elif defined(__aarch64__)
#define EFFNET_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define EFFNET_FMA(a, b, c) ((a) * (b) + (c))
#endif

#define EFFNET_VECTOR(width)                                                                                          \
    typedef float f32x##width __attribute__((ext_vector_type(width)));                                                \
    typedef int i32x##width __attribute__((ext_vector_type(width)));                                                  \
    typedef unsigned char u8x##width __attribute__((ext_vector_type(width)));                                         \
    typedef f32x##width f32x##width##_unaligned __attribute__((aligned(4)));                                          \
    typedef u8x##width u8x##width##_unaligned __attribute__((aligned(1)));                                            \
    EFFNET_INLINE f32x##width f32x##width##_load(const float *_Nonnull p) {                                           \
        return *(const f32x##width##_unaligned *)p;                                                                   \
    }                                                                                                                 \
    EFFNET_INLINE void f32x##width##_store(float *_Nonnull p, f32x##width v) { *(f32x##width##_unaligned *)p = v; }   \
    EFFNET_INLINE f32x##width f32x##width##_broadcast(float x) { return (f32x##width)x; }                             \
    EFFNET_INLINE f32x##width f32x##width##_add(f32x##width a, f32x##width b) { return a + b; }                       \
    EFFNET_INLINE f32x##width f32x##width##_sub(f32x##width a, f32x##width b) { return a - b; }                       \
    EFFNET_INLINE f32x##width f32x##width##_mul(f32x##width a, f32x##width b) { return a * b; }                       \
    EFFNET_INLINE f32x##width f32x##width##_div(f32x##width a, f32x##width b) { return a / b; }                       \
    EFFNET_INLINE f32x##width f32x##width##_fma(f32x##width a, f32x##width b, f32x##width c) {                        \
        return EFFNET_FMA(a, b, c);                                                                                   \
    }                                                                                                                 \
    EFFNET_INLINE f32x##width f32x##width##_min(f32x##width a, f32x##width b) {                                       \
        return a < b ? a : b;                                                                                         \
    }                                                                                                                 \
    EFFNET_INLINE f32x##width f32x##width##_max(f32x##width a, f32x##width b) {                                       \
        return a > b ? a : b;                                                                                         \
    }                                                                                                                 \
    EFFNET_INLINE f32x##width f32x##width##_from_u8(const unsigned char *_Nonnull p) {                                \
        return __builtin_convertvector(*(const u8x##width##_unaligned *)p, f32x##width);                              \
    }

EFFNET_VECTOR(4)
EFFNET_VECTOR(8)
EFFNET_VECTOR(16)

// lower_half, upper_half: that half of v, and zeros.
#define EFFNET_HALVES(width)                                                                                          \
    EFFNET_INLINE f32x##width f32x##width##_lower_half(f32x##width v) {                                               \
        f32x##width half = 0;                                                                                         \
        half.lo = v.lo;                                                                                               \
        return half;                                                                                                  \
    }                                                                                                                 \
    EFFNET_INLINE f32x##width f32x##width##_upper_half(f32x##width v) {                                               \
        f32x##width half = 0;                                                                                         \
        half.lo = v.hi;                                                                                               \
        return half;                                                                                                  \
    }

EFFNET_HALVES(4)
EFFNET_HALVES(8)
EFFNET_HALVES(16)

// join_halves: the lower half of a, and the upper of b.
#define EFFNET_JOIN_HALVES(width)                                                                                     \
    EFFNET_INLINE f32x##width f32x##width##_join_halves(f32x##width a, f32x##width b) {                               \
        a.hi = b.hi;                                                                                                  \
        return a;                                                                                                     \
    }

EFFNET_JOIN_HALVES(4)
EFFNET_JOIN_HALVES(8)
#ifdef __AVX512F__
EFFNET_INLINE f32x16 f32x16_join_halves(f32x16 a, f32x16 b) {
    // Of a mask that the compiler knows it makes a slower shuffle.
    unsigned short upper = 0xff00;
    __asm__("" : "+Yk"(upper));
    return __builtin_ia32_selectps_512(upper, b, a);
}
#else
EFFNET_JOIN_HALVES(16)
#endif

// fraction: x − ⌊x⌋.
// scale: x · 2^⌊n⌋. Where there is no instruction for it, n is taken for no less than -126 and no more than 127.
// reciprocal: 1 / x, to about 12 bits or better; exact division where there is no such instruction.
#if defined(__SSE__) && !defined(__SSE4_1__)
// Without an instruction that rounds the builtin would call libm for each lane. |x| must be below 2^31.
#define EFFNET_FLOOR(width, x)                                                                                        \
    ({                                                                                                                \
        f32x##width truncated = __builtin_convertvector(__builtin_convertvector(x, i32x##width), f32x##width);        \
        truncated + __builtin_convertvector(truncated > x, f32x##width);                                              \
    })
#else
#define EFFNET_FLOOR(width, x) __builtin_elementwise_floor(x)
#endif

#define EFFNET_FRACTION_AND_SCALE(width)                                                                              \
    EFFNET_INLINE f32x##width f32x##width##_fraction(f32x##width x) { return x - EFFNET_FLOOR(width, x); }            \
    EFFNET_INLINE f32x##width f32x##width##_scale(f32x##width x, f32x##width n) {                                     \
        f32x##width bounded = f32x##width##_max(f32x##width##_min(n, 127), -126);                                     \
        i32x##width exponent = __builtin_convertvector(EFFNET_FLOOR(width, bounded), i32x##width);                    \
        return x * (f32x##width)((exponent + 127) << 23);                                                             \
    }

EFFNET_FRACTION_AND_SCALE(4)
EFFNET_FRACTION_AND_SCALE(8)

#ifdef __AVX512DQ__
EFFNET_INLINE f32x16 f32x16_fraction(f32x16 x) {
    // 1: to the floor, of no fractional bits. 4: the current rounding mode, which exact differences do not heed.
    return __builtin_ia32_reduceps512_mask(x, 1, x, (unsigned short)-1, 4);
}
EFFNET_INLINE f32x16 f32x16_scale(f32x16 x, f32x16 n) {
    return __builtin_ia32_scalefps512_mask(x, n, x, (unsigned short)-1, 4);
}
EFFNET_INLINE f32x16 f32x16_reciprocal(f32x16 x) {
    return __builtin_ia32_rcp14ps512_mask(x, x, (unsigned short)-1);
}
#else
EFFNET_FRACTION_AND_SCALE(16)
EFFNET_INLINE f32x16 f32x16_reciprocal(f32x16 x) { return 1 / x; }
#endif

#ifdef __AVX__
EFFNET_INLINE f32x8 f32x8_reciprocal(f32x8 x) { return __builtin_ia32_rcpps256(x); }
#else
EFFNET_INLINE f32x8 f32x8_reciprocal(f32x8 x) { return 1 / x; }
#endif

#ifdef __SSE__
EFFNET_INLINE f32x4 f32x4_reciprocal(f32x4 x) { return __builtin_ia32_rcpps(x); }
#else
EFFNET_INLINE f32x4 f32x4_reciprocal(f32x4 x) { return 1 / x; }
#endif

// bf16: the upper half of a float. A 32-bit lane holds two of them, the first in the lower half; they travel in vectors
// of floats, whose bits no load, store or broadcast changes.
//
// dot_bf16: sum + a.second · b.second, then + a.first · b.first, each product exact and each sum rounded once: what
// VDPBF16PS computes, but for denormal numbers, which that takes as zeros.
// store_bf16: rounds to nearest even, denormal numbers to zero, as VCVTNEPS2BF16 does.
#define EFFNET_BF16(width)                                                                                            \
    typedef unsigned short u16x##width __attribute__((ext_vector_type(width)));                                       \
    typedef u16x##width u16x##width##_unaligned __attribute__((aligned(2)));                                          \
    EFFNET_INLINE f32x##width f32x##width##_from_bf16(const float *_Nonnull p) {                                      \
        u16x##width halves = *(const u16x##width##_unaligned *)p;                                                     \
        return (f32x##width)(__builtin_convertvector(halves, i32x##width) << 16);                                     \
    }

#define EFFNET_BF16_EMULATED(width)                                                                                   \
    EFFNET_INLINE f32x##width f32x##width##_dot_bf16(f32x##width a, f32x##width b, f32x##width sum) {                 \
        i32x##width second = (i32x##width)(-65536);                                                                   \
        sum = EFFNET_FMA((f32x##width)((i32x##width)a & second), (f32x##width)((i32x##width)b & second), sum);        \
        return EFFNET_FMA((f32x##width)((i32x##width)a << 16), (f32x##width)((i32x##width)b << 16), sum);             \
    }                                                                                                                 \
    EFFNET_INLINE void f32x##width##_store_bf16(float *_Nonnull p, f32x##width v) {                                   \
        i32x##width bits = (i32x##width)v;                                                                            \
        i32x##width magnitude = bits & 0x7fffffff;                                                                    \
        i32x##width rounded = bits + 0x7fff + ((bits >> 16) & 1);                                                     \
        i32x##width isNaN = magnitude > 0x7f800000;                                                                   \
        i32x##width isDenormal = magnitude < 0x00800000;                                                              \
        rounded = (rounded & ~isNaN) | ((bits | 0x00400000) & isNaN);                                                 \
        rounded = (rounded & ~isDenormal) | (bits & ~0x7fffffff & isDenormal);                                        \
        *(u16x##width##_unaligned *)p = __builtin_convertvector((rounded >> 16) & 0xffff, u16x##width);               \
    }

EFFNET_BF16(4)
EFFNET_BF16(8)
EFFNET_BF16(16)
EFFNET_BF16_EMULATED(4)
EFFNET_BF16_EMULATED(8)

#ifdef __AVX512BF16__
typedef __bf16 bf16x16 __attribute__((vector_size(32), aligned(2)));
typedef __bf16 bf16x32 __attribute__((vector_size(64)));
EFFNET_INLINE f32x16 f32x16_dot_bf16(f32x16 a, f32x16 b, f32x16 sum) {
    return __builtin_ia32_dpbf16ps_512(sum, (bf16x32)a, (bf16x32)b);
}
EFFNET_INLINE void f32x16_store_bf16(float *_Nonnull p, f32x16 v) {
    *(bf16x16 *)p = (bf16x16)__builtin_ia32_cvtneps2bf16_512_mask(v, (bf16x16){0}, (unsigned short)-1);
}
#else
EFFNET_BF16_EMULATED(16)
#endif

#if defined(__x86_64__)
#include <cpuid.h>

typedef struct {
    unsigned int eax, ebx, ecx, edx;
} effnet_cpuid_result;

// The CPUID instruction; all zeros for a leaf that the CPU does not have.
EFFNET_INLINE effnet_cpuid_result effnet_cpuid(unsigned int leaf, unsigned int subleaf) {
    effnet_cpuid_result r = {0, 0, 0, 0};
    if (!__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx)) return (effnet_cpuid_result){0, 0, 0, 0};
    return r;
}

// Extended control register 0: which register states the operating system saves.
// Precondition: CPUID leaf 1 reports OSXSAVE.
EFFNET_INLINE unsigned long long effnet_xgetbv(void) {
    unsigned int low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((unsigned long long)high << 32) | low;
}
#endif

// One turn of a spin loop.
EFFNET_INLINE void effnet_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

// Asks for the cache line at an address that will be read.
EFFNET_INLINE void effnet_prefetch(const void *_Nonnull address) { __builtin_prefetch(address); }
