// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78; RFC 3720 appendix B.4), eight bytes an instruction where there is one.
#include <string.h>

#include "CKernels.h"

// Remainders of four bits: small, because what runs without the instruction is rare.
static const uint32_t remainders[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t crc_plain(uint32_t state, const unsigned char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        state ^= bytes[i];
        state = (state >> 4) ^ remainders[state & 15];
        state = (state >> 4) ^ remainders[state & 15];
    }
    return state;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc_instruction(
    uint32_t state, const unsigned char *bytes, size_t count) {
    uint64_t wide = state;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    state = (uint32_t)wide;
    for (; count; bytes++, count--) state = _mm_crc32_u8(state, *bytes);
    return state;
}

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <sys/auxv.h>

__attribute__((target("crc"))) static uint32_t crc_instruction(uint32_t state, const unsigned char *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        state = __crc32cd(state, word);
    }
    for (; count; bytes++, count--) state = __crc32cb(state, *bytes);
    return state;
}

static int has_instruction(void) {
    // HWCAP_CRC32 of asm/hwcap.h.
    return (getauxval(AT_HWCAP) & (1ul << 7)) != 0;
}
#else
static uint32_t crc_instruction(uint32_t state, const unsigned char *bytes, size_t count) {
    return crc_plain(state, bytes, count);
}

static int has_instruction(void) { return 0; }
#endif

uint32_t ck_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return ~(has_instruction() ? crc_instruction(~crc, bytes, count) : crc_plain(~crc, bytes, count));
}
