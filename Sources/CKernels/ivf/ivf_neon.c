// IVF kernels for NEON: part of every 64-bit ARM, so no target is set.
#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "ivf_types.h"

#pragma clang fp contract(fast)

// Four vectors: sixteen bytes, multiplied to 16 bits, added to 32. Plain NEON; the dot product instruction is optional.
static inline __attribute__((always_inline)) int32x4_t ivf_quarter(int8x16_t bytes, int8x16_t query) {
    int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(bytes), vget_low_s8(query)));
    int32x4_t high = vpaddlq_s16(vmull_s8(vget_high_s8(bytes), vget_high_s8(query)));
    return vpaddq_s32(low, high);
}

static inline __attribute__((always_inline)) void ivf_block_products(
    const ck_ivf_query *query, const uint8_t *block, ivf_i16 *products) {
    int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    const uint8x16_t offset = vdupq_n_u8(128);
    for (size_t group = 0; group < query->group_count; group++) {
        int32_t codes;
        memcpy(&codes, query->codes + group * 4, 4);
        int8x16_t wanted = vreinterpretq_s8_s32(vdupq_n_s32(codes));
        for (int quarter = 0; quarter < 4; quarter++) {
            uint8x16_t bytes = veorq_u8(vld1q_u8(block + group * 64 + quarter * 16), offset);
            sums[quarter] = vaddq_s32(sums[quarter], ivf_quarter(vreinterpretq_s8_u8(bytes), wanted));
        }
    }
    memcpy(products, sums, sizeof sums);
}

static inline __attribute__((always_inline)) uint32_t ivf_mask_above(const ivf_f16 *values, float threshold) {
    const float *lanes = (const float *)values;
    const float32x4_t limit = vdupq_n_f32(threshold);
    const uint32x4_t bits = {1, 2, 4, 8};
    uint32_t mask = 0;
    for (int quarter = 0; quarter < 4; quarter++)
        mask |= vaddvq_u32(vandq_u32(vcgtq_f32(vld1q_f32(lanes + quarter * 4), limit), bits)) << (quarter * 4);
    return mask;
}

static inline __attribute__((always_inline)) void ivf_sqrt(ivf_f16 *values) {
    float *lanes = (float *)values;
    for (int quarter = 0; quarter < 4; quarter++)
        vst1q_f32(lanes + quarter * 4, vsqrtq_f32(vld1q_f32(lanes + quarter * 4)));
}

#define IVF_NAME ck_ivf_neon
#define IVF_ISA CK_ISA_NEON
#define IVF_TILE 2
#include "ivf_template.h"
#endif
