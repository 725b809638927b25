// The plain kernels: what runs where there is nothing better, and what the others are held to.
#include "kernels.h"

#define FUNCTION(name) scalar_##name
#include "columns_body.h"

static uint32_t scalar_delta_sum32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t minimum,
                                   uint32_t previous, uint32_t *out, size_t count) {
    pq_unpack32(in, byte_count, width, out, count);
    for (size_t i = 0; i < count; i++) {
        previous += out[i] + minimum;
        out[i] = previous;
    }
    return previous;
}

static uint64_t scalar_delta_sum64(const uint8_t *in, size_t byte_count, unsigned width, uint64_t minimum,
                                   uint64_t previous, uint64_t *out, size_t count) {
    pq_unpack64(in, byte_count, width, out, count);
    for (size_t i = 0; i < count; i++) {
        previous += out[i] + minimum;
        out[i] = previous;
    }
    return previous;
}

static size_t scalar_find_constant_group(const uint32_t *in, size_t from, size_t count) {
    for (; from + 8 <= count; from += 8) {
        uint32_t difference = 0;
        for (size_t i = 1; i < 8; i++) difference |= in[from + i] ^ in[from];
        if (difference == 0) break;
    }
    return from;
}

static void scalar_key_bounds(const uint64_t *keys, const uint32_t *codes, size_t count, uint64_t *least,
                              uint64_t *greatest) {
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t key = keys[codes[i]];
        low = key < low ? key : low;
        high = key > high ? key : high;
    }
    *least = low;
    *greatest = high;
}

const pq_kernels pq_scalar_kernels = {
    .isa = PQ_ISA_SCALAR,
    .unpack32 = pq_unpack32_scalar,
    .delta_sum32 = scalar_delta_sum32,
    .delta_sum64 = scalar_delta_sum64,
    .delta_encode_block32 = scalar_delta_encode_block32,
    .delta_encode_block64 = scalar_delta_encode_block64,
    .find_constant_group = scalar_find_constant_group,
    .max32 = scalar_max32,
    .min_max_i32 = scalar_min_max_i32,
    .min_max_i64 = scalar_min_max_i64,
    .gather32 = scalar_gather32,
    .gather64 = scalar_gather64,
    .sum_lengths = scalar_sum_lengths,
    .key_bounds = scalar_key_bounds,
    .crc32 = pq_crc32_scalar,
};
