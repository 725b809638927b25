// CRC-32 with the reflected polynomial 0xEDB88320. With carry-less multiplication where the CPU has it: V. Gopal et al.,
// "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009; otherwise eight bytes a step by
// tables ("slicing by 8", Kounavis and Berry 2005).
#include "kernels.h"

#include <pthread.h>
#include <string.h>

static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (0xEDB88320u & (0u - (value & 1)));
        table[0][i] = value;
    }
    for (int slice = 1; slice < 8; slice++)
        for (int i = 0; i < 256; i++)
            table[slice][i] = table[slice - 1][i] >> 8 ^ table[0][table[slice - 1][i] & 0xff];
}

uint32_t pq_crc32_scalar(uint32_t crc, const uint8_t *in, size_t count) {
    pthread_once(&table_once, make_table);
    for (; count >= 8; in += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, in, 8);
        word ^= crc;
        crc = 0;
        for (int slice = 0; slice < 8; slice++) crc ^= table[7 - slice][word >> (8 * slice) & 0xff];
    }
    for (; count > 0; in++, count--) crc = crc >> 8 ^ table[0][(crc ^ *in) & 0xff];
    return crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define CLMUL_TARGET __attribute__((target("pclmul,sse4.1")))

CLMUL_TARGET static inline __m128i fold(__m128i state, __m128i next, __m128i constants) {
    __m128i low = _mm_clmulepi64_si128(state, constants, 0x00);
    __m128i high = _mm_clmulepi64_si128(state, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// Folds a multiple of 16 bytes, at least 64, four lanes at a time.
CLMUL_TARGET static uint32_t update_by_folding(uint32_t crc, const uint8_t *in, size_t count) {
    const __m128i by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4), by16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    const __m128i *block = (const __m128i *)in;
    __m128i a = _mm_xor_si128(_mm_loadu_si128(block), _mm_cvtsi32_si128((int)crc));
    __m128i b = _mm_loadu_si128(block + 1), c = _mm_loadu_si128(block + 2), d = _mm_loadu_si128(block + 3);
    for (block += 4, count -= 64; count >= 64; block += 4, count -= 64) {
        a = fold(a, _mm_loadu_si128(block), by64);
        b = fold(b, _mm_loadu_si128(block + 1), by64);
        c = fold(c, _mm_loadu_si128(block + 2), by64);
        d = fold(d, _mm_loadu_si128(block + 3), by64);
    }
    a = fold(fold(fold(a, b, by16), c, by16), d, by16);
    for (; count >= 16; block++, count -= 16) a = fold(a, _mm_loadu_si128(block), by16);
    // 128 bits are left: the tables end it, which costs 16 steps and saves the Barrett reduction.
    uint8_t rest[16];
    _mm_storeu_si128((__m128i *)rest, a);
    return pq_crc32_scalar(0, rest, 16);
}

uint32_t pq_crc32_by_128(uint32_t crc, const uint8_t *in, size_t count) {
    if (count >= 64) {
        size_t folded = count / 16 * 16;
        crc = update_by_folding(crc, in, folded);
        in += folded;
        count -= folded;
    }
    return pq_crc32_scalar(crc, in, count);
}
#endif
