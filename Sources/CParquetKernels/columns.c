// Passes over whole columns. Plain loops: the compiler vectorises them.
#include "CParquetKernels.h"

#include <string.h>

uint32_t pq_max32(const uint32_t *in, size_t count) {
    uint32_t greatest = 0;
    for (size_t i = 0; i < count; i++) greatest = in[i] > greatest ? in[i] : greatest;
    return greatest;
}

void pq_min_max_i32(const int32_t *in, size_t count, int32_t *least, int32_t *greatest) {
    int32_t low = in[0], high = in[0];
    for (size_t i = 1; i < count; i++) {
        low = in[i] < low ? in[i] : low;
        high = in[i] > high ? in[i] : high;
    }
    *least = low;
    *greatest = high;
}

void pq_min_max_i64(const int64_t *in, size_t count, int64_t *least, int64_t *greatest) {
    int64_t low = in[0], high = in[0];
    for (size_t i = 1; i < count; i++) {
        low = in[i] < low ? in[i] : low;
        high = in[i] > high ? in[i] : high;
    }
    *least = low;
    *greatest = high;
}

void pq_gather32(const uint32_t *table, const uint32_t *codes, uint32_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = table[codes[i]];
}

void pq_gather64(const uint64_t *table, const uint32_t *codes, uint64_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = table[codes[i]];
}

bool pq_mark_seen(const uint32_t *codes, size_t count, uint8_t *seen, uint32_t limit) {
    for (size_t i = 0; i < count; i++) {
        if (codes[i] >= limit) return false;
        seen[codes[i]] = 1;
    }
    return true;
}

uint64_t pq_sum_lengths(const uint32_t *offsets, const uint32_t *codes, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += offsets[codes[i] + 1] - offsets[codes[i]];
    return sum;
}

int pq_compare(const uint8_t *left, const uint8_t *right, size_t count) { return memcmp(left, right, count); }
