// DELTA_BINARY_PACKED (Parquet format, Encodings.md; after Lemire and Boytsov, "Decoding billions of integers per second
// through vectorization", 2012): blocks of differences in miniblocks, each with its own width.
//
//   block := zigzag varint(least difference)  widths, a byte each  miniblock*
#include "kernels.h"

size_t pq_delta_encode_block32(const uint32_t *in, size_t count, uint32_t previous, uint8_t *out) {
    return pq_current()->delta_encode_block32(in, count, previous, out);
}

size_t pq_delta_encode_block64(const uint64_t *in, size_t count, uint64_t previous, uint8_t *out) {
    return pq_current()->delta_encode_block64(in, count, previous, out);
}

typedef struct {
    const uint8_t *in;
    size_t left;
} cursor;

static pq_delta_status read_zigzag(cursor *at, uint64_t *value) {
    uint64_t raw = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (at->left == 0) return PQ_DELTA_TOO_SHORT;
        uint8_t byte = *at->in++;
        at->left--;
        if (shift == 63 && byte > 1) return PQ_DELTA_OVERFLOW;
        raw |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) break;
    }
    *value = (raw >> 1) ^ (0 - (raw & 1));
    return PQ_DELTA_OK;
}

// A block's header: the least difference, and where the widths of its miniblocks lie.
static pq_delta_status read_header(cursor *at, size_t miniblocks, uint64_t *minimum, const uint8_t **widths) {
    pq_delta_status status = read_zigzag(at, minimum);
    if (status != PQ_DELTA_OK) return status;
    if (at->left < miniblocks) return PQ_DELTA_TOO_SHORT;
    *widths = at->in;
    at->in += miniblocks;
    at->left -= miniblocks;
    return PQ_DELTA_OK;
}

// The bytes of a miniblock that `taken` values are wanted of. Some writers leave the padding of the last one away.
static pq_delta_status measure(const cursor *at, size_t length, size_t taken, unsigned width, unsigned greatest_width,
                               size_t *byte_count) {
    if (width > greatest_width) return PQ_DELTA_TOO_WIDE;
    size_t needed = (taken * width + 7) / 8, whole = length / 8 * width;
    if (at->left < needed) return PQ_DELTA_TOO_SHORT;
    *byte_count = at->left < whole ? at->left : whole;
    return PQ_DELTA_OK;
}

#define DEFINE_DECODE(bits)                                                                                             \
    pq_delta_status pq_delta_decode##bits(const uint8_t *in, size_t byte_count, size_t miniblocks, size_t length,       \
                                          uint##bits##_t *out, size_t count, size_t *consumed) {                        \
        const pq_kernels *kernels = pq_current();                                                                       \
        cursor at = {in, byte_count};                                                                                   \
        uint##bits##_t previous = count > 0 ? out[0] : 0;                                                               \
        for (size_t done = 1; done < count;) {                                                                          \
            uint64_t minimum;                                                                                           \
            const uint8_t *widths;                                                                                      \
            pq_delta_status status = read_header(&at, miniblocks, &minimum, &widths);                                   \
            if (status != PQ_DELTA_OK) return status;                                                                   \
            for (size_t i = 0; i < miniblocks && done < count; i++) {                                                   \
                size_t taken = count - done < length ? count - done : length, bytes;                                    \
                status = measure(&at, length, taken, widths[i], bits, &bytes);                                          \
                if (status != PQ_DELTA_OK) return status;                                                               \
                previous = kernels->delta_sum##bits(at.in, bytes, widths[i], (uint##bits##_t)minimum, previous,         \
                                                    out + done, taken);                                                 \
                at.in += bytes;                                                                                         \
                at.left -= bytes;                                                                                       \
                done += taken;                                                                                          \
            }                                                                                                           \
        }                                                                                                               \
        *consumed = byte_count - at.left;                                                                               \
        return PQ_DELTA_OK;                                                                                             \
    }

DEFINE_DECODE(32)
DEFINE_DECODE(64)
