// Encoder of the RLE / bit-packed hybrid (Parquet format, Encodings.md):
//
//   run    := <rle> | <packed>
//   rle    := varint(count << 1)       value in ceil(width / 8) bytes
//   packed := varint(groups << 1 | 1)  groups of 8 values, width bytes each
#include "kernels.h"

#include <string.h>

enum { MAX_HEADER = 5 };

static uint8_t *put_varint(uint8_t *out, uint32_t value) {
    while (value >= 0x80) {
        *out++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *out++ = (uint8_t)value;
    return out;
}

size_t pq_hybrid_bound(size_t count, unsigned width) {
    // A repeated run is only chosen where it is smaller than the groups it replaces, the header after it included.
    return (count + 7) / 8 * width + 2 * MAX_HEADER + (width + 7) / 8;
}

static size_t run_length(const uint32_t *in, size_t count) {
    size_t length = 1;
    while (length < count && in[length] == in[0]) length++;
    return length;
}

static uint8_t *put_packed(uint8_t *out, const uint32_t *in, size_t count, unsigned width) {
    if (count == 0) return out;
    size_t groups = (count + 7) / 8;
    out = put_varint(out, (uint32_t)(groups << 1 | 1));
    pq_pack32(in, count, width, out);
    return out + groups * width;
}

size_t pq_hybrid_encode(const uint32_t *in, size_t count, unsigned width, uint8_t *out) {
    const pq_kernels *kernels = pq_current();
    uint8_t *start = out;
    const unsigned value_bytes = (width + 7) / 8;
    // Shorter runs stay packed: breaking a packed run costs two headers and the value, and slows decoding down.
    const size_t shortest = width == 0 ? 8 : ((2 * MAX_HEADER + value_bytes) / width + 1) * 8;
    size_t packed_from = 0, i = 0;
    for (;;) {
        i = kernels->find_constant_group(in, i, count);
        if (i + 8 > count) break;
        size_t length = run_length(in + i, count - i);
        if (length < shortest && i + length < count) {
            i += length / 8 * 8;
            continue;
        }
        if (length < shortest && packed_from < i) break; // a short rest goes on with the packed run
        out = put_packed(out, in + packed_from, i - packed_from, width);
        out = put_varint(out, (uint32_t)(length << 1));
        memcpy(out, in + i, value_bytes);
        out += value_bytes;
        i += length;
        packed_from = i;
    }
    return (size_t)(put_packed(out, in + packed_from, count - packed_from, width) - start);
}
