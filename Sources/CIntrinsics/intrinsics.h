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

// scale: x · 2^n for integral n. Where there is no instruction for it, n must lie in -126…127.
// reciprocal: 1 / x, to about 12 bits or better; exact division where there is no such instruction.
#define EFFNET_SCALE_BY_EXPONENT(width)                                                                               \
    EFFNET_INLINE f32x##width f32x##width##_scale(f32x##width x, f32x##width n) {                                     \
        return x * (f32x##width)((__builtin_convertvector(n, i32x##width) + 127) << 23);                              \
    }

EFFNET_SCALE_BY_EXPONENT(4)
EFFNET_SCALE_BY_EXPONENT(8)

#ifdef __AVX512F__
EFFNET_INLINE f32x16 f32x16_scale(f32x16 x, f32x16 n) {
    // 4: the current rounding mode.
    return __builtin_ia32_scalefps512_mask(x, n, x, (unsigned short)-1, 4);
}
EFFNET_INLINE f32x16 f32x16_reciprocal(f32x16 x) {
    return __builtin_ia32_rcp14ps512_mask(x, x, (unsigned short)-1);
}
#else
EFFNET_SCALE_BY_EXPONENT(16)
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
