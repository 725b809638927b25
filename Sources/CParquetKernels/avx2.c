// Kernels for AVX2: a group of eight values is two loads, one byte shuffle and one shift.
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,pclmul"))), apply_to = function)

#define FUNCTION(name) avx2_##name
#include "columns_body.h"

// MARK: bit unpacking

static void avx2_unpack32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t *out, size_t count) {
    // Up to 25 bits a value lies within four bytes, wherever in the first it begins.
    if (width <= 25) {
        const unsigned half = 4 * width / 8; // byte that the fifth value begins in
        const __m256i lanes = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
        const __m256i bits = _mm256_mullo_epi32(lanes, _mm256_set1_epi32((int)width));
        const __m256i origins = _mm256_set_m128i(_mm_set1_epi32((int)half), _mm_setzero_si128());
        const __m256i first = _mm256_sub_epi32(_mm256_srli_epi32(bits, 3), origins);
        const __m256i bytes = _mm256_add_epi32(
            _mm256_mullo_epi32(first, _mm256_set1_epi32(0x01010101)), _mm256_set1_epi32(0x03020100));
        const __m256i shifts = _mm256_and_si256(bits, _mm256_set1_epi32(7));
        const __m256i mask = _mm256_set1_epi32((int)((1u << width) - 1));
        for (; count >= 8 && byte_count >= half + 16; in += width, byte_count -= width, out += 8, count -= 8) {
            __m256i raw = _mm256_set_m128i(
                _mm_loadu_si128((const __m128i *)(in + half)), _mm_loadu_si128((const __m128i *)in));
            __m256i values = _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(raw, bytes), shifts), mask);
            _mm256_storeu_si256((__m256i *)out, values);
        }
    }
    if (count > 0) pq_unpack32_scalar(in, byte_count, width, out, count);
}

// MARK: differences

static uint32_t avx2_delta_sum32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t minimum,
                                 uint32_t previous, uint32_t *out, size_t count) {
    pq_unpack32(in, byte_count, width, out, count);
    const __m128i step = _mm_set1_epi32((int)minimum);
    __m128i carry = _mm_set1_epi32((int)previous);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        __m128i x = _mm_add_epi32(_mm_loadu_si128((const __m128i *)(out + i)), step);
        x = _mm_add_epi32(x, _mm_slli_si128(x, 4));
        x = _mm_add_epi32(_mm_add_epi32(x, _mm_slli_si128(x, 8)), carry);
        _mm_storeu_si128((__m128i *)(out + i), x);
        carry = _mm_shuffle_epi32(x, 0xff);
    }
    previous = (uint32_t)_mm_cvtsi128_si32(carry);
    for (; i < count; i++) out[i] = previous += out[i] + minimum;
    return previous;
}

static uint64_t avx2_delta_sum64(const uint8_t *in, size_t byte_count, unsigned width, uint64_t minimum,
                                 uint64_t previous, uint64_t *out, size_t count) {
    enum { BATCH = 128 };
    if (width > 32) {
        pq_unpack64(in, byte_count, width, out, count);
        for (size_t i = 0; i < count; i++) out[i] = previous += out[i] + minimum;
        return previous;
    }
    // Narrow differences, which is nearly all, go through the faster 32-bit unpacking.
    uint32_t batch[BATCH];
    while (count > 0) {
        size_t taken = count < BATCH ? count : BATCH;
        pq_unpack32(in, byte_count, width, batch, taken);
        for (size_t i = 0; i < taken; i++) out[i] = previous += batch[i] + minimum;
        size_t consumed = (taken * width + 7) / 8;
        in += consumed;
        byte_count -= consumed;
        out += taken;
        count -= taken;
    }
    return previous;
}

// MARK: runs and bounds

static size_t avx2_find_constant_group(const uint32_t *in, size_t from, size_t count) {
    for (; from + 8 <= count; from += 8) {
        __m256i group = _mm256_loadu_si256((const __m256i *)(in + from));
        __m256i equal = _mm256_cmpeq_epi32(group, _mm256_broadcastd_epi32(_mm256_castsi256_si128(group)));
        if (_mm256_movemask_epi8(equal) == -1) break;
    }
    return from;
}

// AVX2 compares signed numbers only, so the keys' top bits are turned over.
static void avx2_key_bounds(const uint64_t *keys, const uint32_t *codes, size_t count, uint64_t *least,
                            uint64_t *greatest) {
    const __m256i sign = _mm256_set1_epi64x(INT64_MIN);
    __m256i low = _mm256_set1_epi64x(INT64_MAX), high = sign;
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        __m128i places = _mm_loadu_si128((const __m128i *)(codes + i));
        __m256i key = _mm256_xor_si256(_mm256_i32gather_epi64((const long long *)keys, places, 8), sign);
        low = _mm256_blendv_epi8(low, key, _mm256_cmpgt_epi64(low, key));
        high = _mm256_blendv_epi8(high, key, _mm256_cmpgt_epi64(key, high));
    }
    uint64_t lows[4], highs[4];
    _mm256_storeu_si256((__m256i *)lows, _mm256_xor_si256(low, sign));
    _mm256_storeu_si256((__m256i *)highs, _mm256_xor_si256(high, sign));
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (int lane = 0; lane < 4; lane++) {
        lowest = lows[lane] < lowest ? lows[lane] : lowest;
        highest = highs[lane] > highest ? highs[lane] : highest;
    }
    for (; i < count; i++) {
        uint64_t key = keys[codes[i]];
        lowest = key < lowest ? key : lowest;
        highest = key > highest ? key : highest;
    }
    *least = lowest;
    *greatest = highest;
}

#pragma clang attribute pop

const pq_kernels pq_avx2_kernels = {
    .isa = PQ_ISA_AVX2,
    .unpack32 = avx2_unpack32,
    .delta_sum32 = avx2_delta_sum32,
    .delta_sum64 = avx2_delta_sum64,
    .delta_encode_block32 = avx2_delta_encode_block32,
    .delta_encode_block64 = avx2_delta_encode_block64,
    .find_constant_group = avx2_find_constant_group,
    .max32 = avx2_max32,
    .min_max_i32 = avx2_min_max_i32,
    .min_max_i64 = avx2_min_max_i64,
    .gather32 = avx2_gather32,
    .gather64 = avx2_gather64,
    .sum_lengths = avx2_sum_lengths,
    .key_bounds = avx2_key_bounds,
    .crc32 = pq_crc32_by_128,
};
#endif
