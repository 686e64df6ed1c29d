#pragma once

#include "intrinsics.h"

// Intel's AMX: eight registers of up to 16 rows of up to 64 bytes, and products of the matrices in them. Registers are named
// by number: 0 to 3 hold sums, 4 and 5 inputs, 6 and 7 weights.
#ifdef __AMX_TILE__

// What LDTILECFG reads (Intel's manual, volume 1, 18.2): bytes of a row, and rows, for each register.
typedef struct {
    unsigned char palette, start_row, reserved[14];
    unsigned short row_bytes[16];
    unsigned char rows[16];
} effnet_amx_shapes;

// Gives registers their shapes and clears them: of sums `rows` × 16 words, of inputs `rows` × `words`, of weights
// `words` × 16.
// Precondition: both are 1…16.
EFFNET_INLINE void effnet_amx_begin(int rows, int words) {
    effnet_amx_shapes shapes = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        shapes.row_bytes[i] = (unsigned short)((i == 4 || i == 5 ? words : 16) * 4);
        shapes.rows[i] = (unsigned char)(i < 6 ? rows : words);
    }
    __builtin_ia32_tile_loadconfig(&shapes);
}

// Without registers in use threads are switched faster, and the core may rest more deeply.
EFFNET_INLINE void effnet_amx_end(void) { __builtin_ia32_tilerelease(); }

// load_N, store_N: register N; `stride` words from one row to the next.
#define EFFNET_AMX_LOAD(n)                                                                                            \
    EFFNET_INLINE void effnet_amx_load_##n(const float *_Nonnull p, long stride) {                                    \
        __builtin_ia32_tileloadd64(n, p, (__SIZE_TYPE__)stride * 4);                                                  \
    }
#define EFFNET_AMX_STORE(n)                                                                                           \
    EFFNET_INLINE void effnet_amx_store_##n(float *_Nonnull p, long stride) {                                         \
        __builtin_ia32_tilestored64(n, p, (__SIZE_TYPE__)stride * 4);                                                 \
    }
EFFNET_AMX_LOAD(0)
EFFNET_AMX_LOAD(1)
EFFNET_AMX_LOAD(2)
EFFNET_AMX_LOAD(3)
EFFNET_AMX_LOAD(4)
EFFNET_AMX_LOAD(5)
EFFNET_AMX_LOAD(6)
EFFNET_AMX_LOAD(7)
EFFNET_AMX_STORE(0)
EFFNET_AMX_STORE(1)
EFFNET_AMX_STORE(2)
EFFNET_AMX_STORE(3)

// multiply_C_A_B: adds to each word of C the products of a row of A and a column of B, two bf16 numbers in a word. The
// first numbers of all words are summed from zero, and the second ones; each product is exact, each sum rounded once; then
// both sums are added, and that to C.
#define EFFNET_AMX_MULTIPLY(c, a, b)                                                                                  \
    EFFNET_INLINE void effnet_amx_multiply_##c##_##a##_##b(void) { __builtin_ia32_tdpbf16ps(c, a, b); }
EFFNET_AMX_MULTIPLY(0, 4, 6)
EFFNET_AMX_MULTIPLY(1, 4, 7)
EFFNET_AMX_MULTIPLY(1, 5, 6)
EFFNET_AMX_MULTIPLY(2, 4, 6)
EFFNET_AMX_MULTIPLY(2, 5, 6)
EFFNET_AMX_MULTIPLY(3, 5, 6)
EFFNET_AMX_MULTIPLY(3, 5, 7)
#endif

#if defined(__x86_64__) && defined(__linux__)
// Asks Linux for the state of AMX's registers, for all threads of the process; 0 if it is granted
// (Documentation/arch/x86/xstate.rst: ARCH_REQ_XCOMP_PERM of XFEATURE_XTILEDATA).
EFFNET_INLINE long effnet_amx_request(void) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(158L), "D"(0x1023L), "S"(18L) : "rcx", "r11", "memory");
    return result;
}
#endif
