// One vector vocabulary for all instruction sets. A file that wants kernels for a set defines CK_TARGET_<SET> and includes
// this, then the bodies, between CK_BEGIN and CK_END:
//
//     avx512.c:  #define CK_TARGET_AVX512 → vf = 16 floats, CK(name) = ck_avx512_name
//     avx2.c:    #define CK_TARGET_AVX2   → vf =  8 floats, CK(name) = ck_avx2_name
//     neon.c:    #define CK_TARGET_NEON   → vf =  4 floats, CK(name) = ck_neon_name
//
// Bodies are written once over `vf`; clang's vector extensions turn them into the set's instructions.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CK_PASTE_(a, b) a##b
#define CK_PASTE(a, b) CK_PASTE_(a, b)
#define CK(name) CK_PASTE(CK_PREFIX, name)

#if defined(CK_TARGET_AVX512)
#define CK_PREFIX ck_avx512_
#define VW 16
// Registers for a tile of the outer product: TILE_ROWS × 16 floats.
#define TILE_ROWS 16
#define CK_BEGIN _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512vl,avx512bw,avx512dq,avx2,fma\"))), apply_to = function)")
#define CK_END _Pragma("clang attribute pop")
#elif defined(CK_TARGET_AVX2)
#define CK_PREFIX ck_avx2_
#define VW 8
#define TILE_ROWS 4
#define CK_BEGIN _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define CK_END _Pragma("clang attribute pop")
#elif defined(CK_TARGET_NEON)
#define CK_PREFIX ck_neon_
#define VW 4
#define TILE_ROWS 4
#define CK_BEGIN
#define CK_END
#endif

// Vectors of a block of 16 floats: the unit every panel and matrix is padded to.
#define BV (16 / VW)

typedef float vf __attribute__((ext_vector_type(VW)));
typedef float vf_unaligned __attribute__((ext_vector_type(VW), aligned(4), may_alias));
#if VW == 16
typedef float half_vf __attribute__((ext_vector_type(8)));
typedef float half_vf_unaligned __attribute__((ext_vector_type(8), aligned(4), may_alias));
#endif

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")
