// DELTA_BINARY_PACKED (Parquet format, Encodings.md; after Lemire and Boytsov, "Decoding billions of integers per second
// through vectorization", 2012): blocks of 128 differences in four miniblocks of 32, each with its own width.
//
//   block := zigzag varint(least difference)  4 widths, a byte each  miniblock*
#include "CParquetKernels.h"

#include <string.h>

enum { MINIBLOCK = 32, BATCH = 128 };

uint32_t pq_delta_decode32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t minimum, uint32_t previous,
                           uint32_t *out, size_t count) {
    pq_unpack32(in, byte_count, width, out, count);
    for (size_t i = 0; i < count; i++) {
        previous += out[i] + minimum;
        out[i] = previous;
    }
    return previous;
}

uint64_t pq_delta_decode64(const uint8_t *in, size_t byte_count, unsigned width, uint64_t minimum, uint64_t previous,
                           uint64_t *out, size_t count) {
    if (width > 32) {
        pq_unpack64(in, byte_count, width, out, count);
        for (size_t i = 0; i < count; i++) {
            previous += out[i] + minimum;
            out[i] = previous;
        }
        return previous;
    }
    // Narrow differences, which is nearly all, go through the faster 32-bit unpacking.
    uint32_t batch[BATCH];
    while (count > 0) {
        size_t taken = count < BATCH ? count : BATCH;
        pq_unpack32(in, byte_count, width, batch, taken);
        for (size_t i = 0; i < taken; i++) {
            previous += batch[i] + minimum;
            out[i] = previous;
        }
        size_t consumed = (taken * width + 7) / 8;
        in += consumed;
        byte_count -= consumed;
        out += taken;
        count -= taken;
    }
    return previous;
}

static uint8_t *put_varint64(uint8_t *out, uint64_t value) {
    while (value >= 0x80) {
        *out++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *out++ = (uint8_t)value;
    return out;
}

size_t pq_delta_encode_block32(const uint32_t *in, size_t count, uint32_t previous, uint8_t *out) {
    uint32_t delta[BATCH] = {0};
    uint8_t *start = out;
    int32_t least = INT32_MAX;
    delta[0] = in[0] - previous;
    for (size_t i = 1; i < count; i++) delta[i] = in[i] - in[i - 1];
    for (size_t i = 0; i < count; i++) least = (int32_t)delta[i] < least ? (int32_t)delta[i] : least;
    for (size_t i = 0; i < count; i++) delta[i] -= (uint32_t)least;
    // Zigzag over 64 bits: what a reader that widens sees as the same number.
    out = put_varint64(out, ((uint64_t)(int64_t)least << 1) ^ (uint64_t)((int64_t)least >> 63));
    uint8_t *widths = out;
    out += BATCH / MINIBLOCK;
    for (size_t first = 0; first < BATCH; first += MINIBLOCK) {
        uint32_t bits = 0;
        for (size_t i = 0; i < MINIBLOCK; i++) bits |= delta[first + i];
        unsigned width = bits == 0 ? 0 : 32 - (unsigned)__builtin_clz(bits);
        widths[first / MINIBLOCK] = (uint8_t)width;
        if (first >= count) continue; // a miniblock past the end has no body
        pq_pack32(delta + first, MINIBLOCK, width, out);
        out += MINIBLOCK / 8 * width;
    }
    return (size_t)(out - start);
}

size_t pq_delta_encode_block64(const uint64_t *in, size_t count, uint64_t previous, uint8_t *out) {
    uint64_t delta[BATCH] = {0};
    uint8_t *start = out;
    int64_t least = INT64_MAX;
    delta[0] = in[0] - previous;
    for (size_t i = 1; i < count; i++) delta[i] = in[i] - in[i - 1];
    for (size_t i = 0; i < count; i++) least = (int64_t)delta[i] < least ? (int64_t)delta[i] : least;
    for (size_t i = 0; i < count; i++) delta[i] -= (uint64_t)least;
    out = put_varint64(out, ((uint64_t)least << 1) ^ (uint64_t)(least >> 63));
    uint8_t *widths = out;
    out += BATCH / MINIBLOCK;
    for (size_t first = 0; first < BATCH; first += MINIBLOCK) {
        uint64_t bits = 0;
        for (size_t i = 0; i < MINIBLOCK; i++) bits |= delta[first + i];
        unsigned width = bits == 0 ? 0 : 64 - (unsigned)__builtin_clzll(bits);
        widths[first / MINIBLOCK] = (uint8_t)width;
        if (first >= count) continue;
        if (width <= 32) {
            uint32_t narrow[MINIBLOCK];
            for (size_t i = 0; i < MINIBLOCK; i++) narrow[i] = (uint32_t)delta[first + i];
            pq_pack32(narrow, MINIBLOCK, width, out);
        } else {
            pq_pack64(delta + first, MINIBLOCK, width, out);
        }
        out += MINIBLOCK / 8 * width;
    }
    return (size_t)(out - start);
}
