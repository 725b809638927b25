// Bit packing of groups, least significant bit first (Parquet format, Encodings.md, "RLE / bit-packing hybrid").
//
// The width is a constant inside each inlined copy, so shifts and masks are immediates and the 32 steps of a group have
// no branch. What lost: one loop over a variable width (3 to 4 times the instructions).
#include "kernels.h"

#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint64_t load64(const uint8_t *in) {
    uint64_t word;
    memcpy(&word, in, 8);
    return word;
}

// MARK: - packing

ALWAYS_INLINE void pack32_groups(const uint32_t *in, size_t groups, uint8_t *out, const unsigned width) {
    for (size_t group = 0; group < groups; group++, in += 32, out += 4 * width) {
        uint64_t word = 0;
        unsigned bits = 0;
        uint8_t *cursor = out;
#pragma clang loop unroll(full)
        for (unsigned i = 0; i < 32; i++) {
            word |= (uint64_t)in[i] << bits;
            bits += width;
            if (bits >= 32) {
                uint32_t low = (uint32_t)word;
                memcpy(cursor, &low, 4);
                cursor += 4;
                word >>= 32;
                bits -= 32;
            }
        }
    }
}

// Packs fewer than 32 values, padded with zeros to a whole group of 8.
static void pack_tail(const uint32_t *in, size_t count, unsigned width, uint8_t *out) {
    uint64_t word = 0;
    unsigned bits = 0;
    size_t padded = (count + 7) / 8 * 8;
    for (size_t i = 0; i < padded; i++) {
        word |= (i < count ? (uint64_t)in[i] : 0) << bits;
        bits += width;
        while (bits >= 8) {
            *out++ = (uint8_t)word;
            word >>= 8;
            bits -= 8;
        }
    }
}

#define EACH_WIDTH_32(X) \
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) \
    X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) X(32)

void pq_pack32_groups(const uint32_t *in, size_t groups, unsigned width, uint8_t *out) {
    switch (width) {
#define PACK_CASE(w) \
    case w: \
        pack32_groups(in, groups, out, w); \
        break;
        EACH_WIDTH_32(PACK_CASE)
#undef PACK_CASE
    default:
        return; // width 0: nothing to write
    }
}

void pq_pack32(const uint32_t *in, size_t count, unsigned width, uint8_t *out) {
    if (width == 0) return;
    size_t groups = count / 32;
    pq_pack32_groups(in, groups, width, out);
    pack_tail(in + groups * 32, count - groups * 32, width, out + groups * 4 * width);
}

void pq_pack64(const uint64_t *in, size_t count, unsigned width, uint8_t *out) {
    if (width == 0) return;
    size_t padded = (count + 7) / 8 * 8;
    unsigned __int128 word = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < padded; i++) {
        word |= (unsigned __int128)(i < count ? in[i] : 0) << bits;
        bits += width;
        if (bits >= 64) {
            uint64_t low = (uint64_t)word;
            memcpy(out, &low, 8);
            out += 8;
            word >>= 64;
            bits -= 64;
        }
    }
    uint64_t low = (uint64_t)word;
    memcpy(out, &low, (bits + 7) / 8);
}

void pq_pack_bits(const uint8_t *in, uint8_t *out, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        // The multiplication moves bit 0 of byte k to bit 56 + k.
        out[i / 8] = (uint8_t)((load64(in + i) & 0x0101010101010101u) * 0x0102040810204080u >> 56);
    }
    if (i < count) {
        uint8_t byte = 0;
        for (size_t bit = 0; i + bit < count; bit++) byte |= (uint8_t)((in[i + bit] & 1) << bit);
        out[i / 8] = byte;
    }
}

// MARK: - unpacking

// One group of 32 values; reads up to 7 bytes past it.
ALWAYS_INLINE void unpack32_group(const uint8_t *in, uint32_t *out, const unsigned width) {
    const uint64_t mask = width == 32 ? 0xffffffffu : (1u << width) - 1;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < 32; i++) out[i] = (uint32_t)(load64(in + i * width / 8) >> (i * width % 8) & mask);
}

ALWAYS_INLINE void unpack32_width(const uint8_t *in, size_t byte_count, uint32_t *out, size_t count,
                                  const unsigned width) {
    size_t group_bytes = 4 * width;
    while (count >= 32 && byte_count >= group_bytes + 8) {
        unpack32_group(in, out, width);
        in += group_bytes;
        byte_count -= group_bytes;
        out += 32;
        count -= 32;
    }
    // What is left lies too near the end to be read by whole words: it is copied where it does not.
    while (count > 0) {
        uint8_t padded[4 * 32 + 8] = {0};
        uint32_t values[32];
        size_t length = byte_count < group_bytes ? byte_count : group_bytes;
        memcpy(padded, in, length);
        unpack32_group(padded, values, width);
        size_t taken = count < 32 ? count : 32;
        memcpy(out, values, taken * sizeof(uint32_t));
        in += length;
        byte_count -= length;
        out += taken;
        count -= taken;
    }
}

void pq_unpack32_scalar(const uint8_t *in, size_t byte_count, unsigned width, uint32_t *out, size_t count) {
    switch (width) {
#define UNPACK_CASE(w) \
    case w: \
        unpack32_width(in, byte_count, out, count, w); \
        break;
        EACH_WIDTH_32(UNPACK_CASE)
#undef UNPACK_CASE
    default:
        memset(out, 0, count * sizeof(uint32_t));
    }
}

void pq_unpack32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t *out, size_t count) {
    if (width == 0) {
        memset(out, 0, count * sizeof(uint32_t));
    } else {
        pq_current()->unpack32(in, byte_count, width, out, count);
    }
}

void pq_unpack64(const uint8_t *in, size_t byte_count, unsigned width, uint64_t *out, size_t count) {
    if (width == 0) {
        memset(out, 0, count * sizeof(uint64_t));
        return;
    }
    const uint64_t mask = width >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << width) - 1;
    for (size_t i = 0; i < count; i++) {
        size_t bit = i * width, byte = bit / 8;
        unsigned shift = bit % 8;
        if (width <= 56 && byte + 8 <= byte_count) {
            out[i] = load64(in + byte) >> shift & mask;
        } else {
            unsigned __int128 word = 0;
            size_t length = byte_count - byte < 16 ? byte_count - byte : 16;
            memcpy(&word, in + byte, length);
            out[i] = (uint64_t)(word >> shift) & mask;
        }
    }
}

void pq_unpack_bits(const uint8_t *in, uint8_t *out, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        // Byte k of the product holds the bits up to k; the mask keeps bit k, the addition turns it to 0x80 or 0.
        uint64_t spread = (uint64_t)in[i / 8] * 0x0101010101010101u & 0x8040201008040201u;
        uint64_t ones = ((spread + 0x7f7f7f7f7f7f7f7fu) | spread) >> 7 & 0x0101010101010101u;
        memcpy(out + i, &ones, 8);
    }
    for (; i < count; i++) out[i] = in[i / 8] >> (i % 8) & 1;
}
