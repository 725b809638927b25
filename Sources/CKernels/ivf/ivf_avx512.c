// IVF kernels for AVX-512 with VNNI.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "ivf_types.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), apply_to = function)
#pragma clang fp contract(fast)

static inline __attribute__((always_inline)) void ivf_block_products(
    const ck_ivf_query *query, const uint8_t *block, ivf_i16 *products) {
    // The codes carry an offset of 128 because the instruction multiplies unsigned by signed: taken off once here.
    __m512i even = _mm512_set1_epi32(-128 * query->code_sum), odd = _mm512_setzero_si512();
    size_t group = 0;
    for (; group + 2 <= query->group_count; group += 2) {
        int32_t first, second;
        memcpy(&first, query->codes + group * 4, 4);
        memcpy(&second, query->codes + group * 4 + 4, 4);
        even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(block + group * 64), _mm512_set1_epi32(first));
        odd = _mm512_dpbusd_epi32(odd, _mm512_loadu_si512(block + group * 64 + 64), _mm512_set1_epi32(second));
    }
    if (group < query->group_count) {
        int32_t last;
        memcpy(&last, query->codes + group * 4, 4);
        even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(block + group * 64), _mm512_set1_epi32(last));
    }
    *products = (ivf_i16)_mm512_add_epi32(even, odd);
}

static inline __attribute__((always_inline)) uint32_t ivf_mask_above(const ivf_f16 *values, float threshold) {
    return _mm512_cmp_ps_mask((__m512)*values, _mm512_set1_ps(threshold), _CMP_GT_OQ);
}

static inline __attribute__((always_inline)) void ivf_sqrt(ivf_f16 *values) {
    *values = (ivf_f16)_mm512_sqrt_ps((__m512)*values);
}

#define IVF_NAME ck_ivf_avx512
#define IVF_ISA CK_ISA_AVX512
#define IVF_TILE 12
#include "ivf_template.h"
#pragma clang attribute pop
#endif
