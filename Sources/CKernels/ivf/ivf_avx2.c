// IVF kernels for AVX2 and FMA.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "ivf_types.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#pragma clang fp contract(fast)

// Eight vectors a register half: bytes widened to 16 bits, because the byte multiply of AVX2 saturates.
static inline __attribute__((always_inline)) __m256i ivf_half(
    const ck_ivf_query *query, const uint8_t *block, int32_t start) {
    __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
    for (size_t group = 0; group < query->group_count; group++) {
        int32_t codes;
        memcpy(&codes, query->codes + group * 4, 4);
        __m256i wide = _mm256_cvtepi8_epi16(_mm_set1_epi32(codes));
        const __m128i *bytes = (const __m128i *)(block + group * 64);
        low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128(bytes)), wide));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128(bytes + 1)), wide));
    }
    // Two sums a vector lie side by side; adding neighbours leaves the pairs of both halves interleaved.
    __m256i sums = _mm256_permute4x64_epi64(_mm256_hadd_epi32(low, high), _MM_SHUFFLE(3, 1, 2, 0));
    return _mm256_add_epi32(sums, _mm256_set1_epi32(start));
}

static inline __attribute__((always_inline)) void ivf_block_products(
    const ck_ivf_query *query, const uint8_t *block, ivf_i16 *products) {
    int32_t start = -128 * query->code_sum;
    __m256i first = ivf_half(query, block, start), second = ivf_half(query, block + 32, start);
    memcpy(products, &first, sizeof first);
    memcpy((char *)products + sizeof first, &second, sizeof second);
}

static inline __attribute__((always_inline)) uint32_t ivf_mask_above(const ivf_f16 *values, float threshold) {
    __m256 limit = _mm256_set1_ps(threshold);
    __m256 low = _mm256_cmp_ps(_mm256_loadu_ps((const float *)values), limit, _CMP_GT_OQ);
    __m256 high = _mm256_cmp_ps(_mm256_loadu_ps((const float *)values + 8), limit, _CMP_GT_OQ);
    return (uint32_t)_mm256_movemask_ps(low) | (uint32_t)_mm256_movemask_ps(high) << 8;
}

static inline __attribute__((always_inline)) void ivf_sqrt(ivf_f16 *values) {
    float *lanes = (float *)values;
    _mm256_storeu_ps(lanes, _mm256_sqrt_ps(_mm256_loadu_ps(lanes)));
    _mm256_storeu_ps(lanes + 8, _mm256_sqrt_ps(_mm256_loadu_ps(lanes + 8)));
}

#define IVF_NAME ck_ivf_avx2
#define IVF_ISA CK_ISA_AVX2
#define IVF_TILE 3
#include "ivf_template.h"
#pragma clang attribute pop
#endif
