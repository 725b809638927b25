// Kernels for AVX-512 with VBMI: a group of sixteen values is one masked load, one byte permutation and one shift.
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(                                                                                           \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512vbmi,vpclmulqdq,pclmul,avx2,bmi,bmi2"))),           \
    apply_to = function)

#define FUNCTION(name) avx512_##name
#include "columns_body.h"

// MARK: bit unpacking

// How sixteen values of one width lie in their 2 · width bytes.
typedef struct {
    __m512i bytes;  // for each lane the four bytes that its value begins in
    __m512i shifts; // and at which bit
    __m512i mask;
} group16;

static inline group16 make_group16(unsigned width) {
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m512i bits = _mm512_mullo_epi32(lanes, _mm512_set1_epi32((int)width));
    __m512i first = _mm512_mullo_epi32(_mm512_srli_epi32(bits, 3), _mm512_set1_epi32(0x01010101));
    return (group16){
        .bytes = _mm512_add_epi32(first, _mm512_set1_epi32(0x03020100)),
        .shifts = _mm512_and_si512(bits, _mm512_set1_epi32(7)),
        .mask = _mm512_set1_epi32((int)((1u << width) - 1)),
    };
}

// Up to 25 bits a value lies within four bytes, wherever in the first it begins. Reads no more than `byte_count` bytes.
static inline __m512i unpack16(const uint8_t *in, size_t byte_count, unsigned width, const group16 *group) {
    unsigned length = 2 * width;
    if (byte_count < length) length = (unsigned)byte_count;
    __m512i raw = _mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, length), in);
    __m512i windows = _mm512_permutexvar_epi8(group->bytes, raw);
    return _mm512_and_si512(_mm512_srlv_epi32(windows, group->shifts), group->mask);
}

static inline __mmask16 first_lanes(size_t count) { return (__mmask16)_bzhi_u32(0xffff, (unsigned)count); }

// Eight values of up to 32 bits in windows of eight bytes.
static void unpack_wide(const uint8_t *in, size_t byte_count, unsigned width, uint32_t *out, size_t count) {
    const __m512i lanes = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    __m512i bits = _mm512_mullo_epi64(lanes, _mm512_set1_epi64(width));
    __m512i first = _mm512_mullo_epi64(_mm512_srli_epi64(bits, 3), _mm512_set1_epi64(0x0101010101010101));
    __m512i bytes = _mm512_add_epi64(first, _mm512_set1_epi64(0x0706050403020100));
    __m512i shifts = _mm512_and_si512(bits, _mm512_set1_epi64(7));
    __m512i mask = _mm512_set1_epi64((long long)((1ull << width) - 1));
    while (count > 0) {
        size_t length = byte_count < width ? byte_count : width;
        size_t taken = count < 8 ? count : 8;
        __m512i raw = _mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, (unsigned)length), in);
        __m512i values = _mm512_and_si512(_mm512_srlv_epi64(_mm512_permutexvar_epi8(bytes, raw), shifts), mask);
        _mm256_mask_storeu_epi32(out, (__mmask8)_bzhi_u32(0xff, (unsigned)taken), _mm512_cvtepi64_epi32(values));
        in += length;
        byte_count -= length;
        out += taken;
        count -= taken;
    }
}

static void avx512_unpack32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t *out, size_t count) {
    if (width > 25) {
        unpack_wide(in, byte_count, width, out, count);
        return;
    }
    const group16 group = make_group16(width);
    const size_t length = 2 * width;
    for (; count >= 16 && byte_count >= length; in += length, byte_count -= length, out += 16, count -= 16)
        _mm512_storeu_si512(out, unpack16(in, length, width, &group));
    if (count > 0) _mm512_mask_storeu_epi32(out, first_lanes(count), unpack16(in, byte_count, width, &group));
}

// MARK: differences

// Sums of the lanes up to each.
static inline __m512i running_sum32(__m512i x) {
    const __m512i zero = _mm512_setzero_si512();
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 15));
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 14));
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 12));
    return _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 8));
}

static inline __m512i running_sum64(__m512i x) {
    const __m512i zero = _mm512_setzero_si512();
    x = _mm512_add_epi64(x, _mm512_alignr_epi64(x, zero, 7));
    x = _mm512_add_epi64(x, _mm512_alignr_epi64(x, zero, 6));
    return _mm512_add_epi64(x, _mm512_alignr_epi64(x, zero, 4));
}

static uint32_t avx512_delta_sum32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t minimum,
                                   uint32_t previous, uint32_t *out, size_t count) {
    if (width == 0 || width > 25) {
        pq_unpack32(in, byte_count, width, out, count);
        for (size_t i = 0; i < count; i++) out[i] = previous += out[i] + minimum;
        return previous;
    }
    const group16 group = make_group16(width);
    const __m512i step = _mm512_set1_epi32((int)minimum), last = _mm512_set1_epi32(15);
    __m512i carry = _mm512_set1_epi32((int)previous);
    const size_t length = 2 * width;
    for (; count >= 16 && byte_count >= length; in += length, byte_count -= length, out += 16, count -= 16) {
        __m512i deltas = _mm512_add_epi32(unpack16(in, length, width, &group), step);
        __m512i values = _mm512_add_epi32(running_sum32(deltas), carry);
        _mm512_storeu_si512(out, values);
        carry = _mm512_permutexvar_epi32(last, values);
    }
    previous = (uint32_t)_mm512_cvtsi512_si32(carry);
    if (count == 0) return previous;
    __m512i deltas = _mm512_add_epi32(unpack16(in, byte_count, width, &group), step);
    __m512i values = _mm512_add_epi32(running_sum32(deltas), carry);
    _mm512_mask_storeu_epi32(out, first_lanes(count), values);
    return out[count - 1];
}

static uint64_t avx512_delta_sum64(const uint8_t *in, size_t byte_count, unsigned width, uint64_t minimum,
                                   uint64_t previous, uint64_t *out, size_t count) {
    size_t vectors = width == 0 || width > 25 ? 0 : byte_count / (2 * width);
    if (vectors > count / 16) vectors = count / 16;
    if (vectors > 0) {
        const group16 group = make_group16(width);
        const __m512i step = _mm512_set1_epi64((long long)minimum), last = _mm512_set1_epi64(7);
        __m512i carry = _mm512_set1_epi64((long long)previous);
        const size_t length = 2 * width;
        for (size_t i = 0; i < vectors; i++, in += length, out += 16) {
            __m512i packed = unpack16(in, length, width, &group);
            __m512i low = _mm512_cvtepu32_epi64(_mm512_castsi512_si256(packed));
            __m512i high = _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(packed, 1));
            low = _mm512_add_epi64(running_sum64(_mm512_add_epi64(low, step)), carry);
            high = running_sum64(_mm512_add_epi64(high, step));
            high = _mm512_add_epi64(high, _mm512_permutexvar_epi64(last, low));
            _mm512_storeu_si512(out, low);
            _mm512_storeu_si512(out + 8, high);
            carry = _mm512_permutexvar_epi64(last, high);
        }
        previous = out[-1];
        count -= vectors * 16;
        byte_count -= vectors * length;
    }
    pq_unpack64(in, byte_count, width, out, count);
    for (size_t i = 0; i < count; i++) out[i] = previous += out[i] + minimum;
    return previous;
}

// MARK: runs and bounds

static size_t avx512_find_constant_group(const uint32_t *in, size_t from, size_t count) {
    for (; from + 8 <= count; from += 8) {
        __m256i group = _mm256_loadu_si256((const __m256i *)(in + from));
        if (_mm256_cmpeq_epi32_mask(group, _mm256_broadcastd_epi32(_mm256_castsi256_si128(group))) == 0xff) break;
    }
    return from;
}

static void avx512_key_bounds(const uint64_t *keys, const uint32_t *codes, size_t count, uint64_t *least,
                              uint64_t *greatest) {
    uint64_t low = UINT64_MAX, high = 0;
    size_t i = 0;
    if (count >= 16) {
        __m512i low0 = _mm512_set1_epi64(-1), high0 = _mm512_setzero_si512(), low1 = low0, high1 = high0;
        for (; i + 16 <= count; i += 16) {
            __m512i first = _mm512_i32gather_epi64(_mm256_loadu_si256((const __m256i *)(codes + i)), keys, 8);
            __m512i second = _mm512_i32gather_epi64(_mm256_loadu_si256((const __m256i *)(codes + i + 8)), keys, 8);
            low0 = _mm512_min_epu64(low0, first);
            high0 = _mm512_max_epu64(high0, first);
            low1 = _mm512_min_epu64(low1, second);
            high1 = _mm512_max_epu64(high1, second);
        }
        low = _mm512_reduce_min_epu64(_mm512_min_epu64(low0, low1));
        high = _mm512_reduce_max_epu64(_mm512_max_epu64(high0, high1));
    }
    for (; i < count; i++) {
        uint64_t key = keys[codes[i]];
        low = key < low ? key : low;
        high = key > high ? key : high;
    }
    *least = low;
    *greatest = high;
}

// MARK: CRC-32

// As pq_crc32_by_128, four registers of 64 bytes at a time. The constants are x^(2048 ± 32) and x^(512 ± 32) modulo the
// polynomial, reflected.
static uint32_t avx512_crc32(uint32_t crc, const uint8_t *in, size_t count) {
    if (count < 512) return pq_crc32_by_128(crc, in, count);
    const __m512i by256 = _mm512_set4_epi32(1, 0x322d1430, 1, 0x1542778a);
    const __m512i by64 = _mm512_set4_epi32(1, (int)0xc6e41596, 1, 0x54442bd4);
#define FOLD(x, constants, next)                                                                                        \
    _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(x, constants, 0x00), _mm512_clmulepi64_epi128(x, constants, 0x11), \
                              next, 0x96)
    __m512i a = _mm512_xor_si512(_mm512_loadu_si512(in), _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)crc)));
    __m512i b = _mm512_loadu_si512(in + 64), c = _mm512_loadu_si512(in + 128), d = _mm512_loadu_si512(in + 192);
    for (in += 256, count -= 256; count >= 256; in += 256, count -= 256) {
        a = FOLD(a, by256, _mm512_loadu_si512(in));
        b = FOLD(b, by256, _mm512_loadu_si512(in + 64));
        c = FOLD(c, by256, _mm512_loadu_si512(in + 128));
        d = FOLD(d, by256, _mm512_loadu_si512(in + 192));
    }
    a = FOLD(a, by64, b);
    a = FOLD(a, by64, c);
    a = FOLD(a, by64, d);
    for (; count >= 64; in += 64, count -= 64) a = FOLD(a, by64, _mm512_loadu_si512(in));
#undef FOLD
    // The register is congruent to all that was read: as if it were the message itself, after a CRC of nothing.
    uint8_t rest[64];
    _mm512_storeu_si512(rest, a);
    return pq_crc32_by_128(pq_crc32_by_128(0, rest, sizeof rest), in, count);
}

#pragma clang attribute pop

const pq_kernels pq_avx512_kernels = {
    .isa = PQ_ISA_AVX512,
    .unpack32 = avx512_unpack32,
    .delta_sum32 = avx512_delta_sum32,
    .delta_sum64 = avx512_delta_sum64,
    .delta_encode_block32 = avx512_delta_encode_block32,
    .delta_encode_block64 = avx512_delta_encode_block64,
    .find_constant_group = avx512_find_constant_group,
    .max32 = avx512_max32,
    .min_max_i32 = avx512_min_max_i32,
    .min_max_i64 = avx512_min_max_i64,
    .gather32 = avx512_gather32,
    .gather64 = avx512_gather64,
    .sum_lengths = avx512_sum_lengths,
    .key_bounds = avx512_key_bounds,
    .crc32 = avx512_crc32,
};
#endif
