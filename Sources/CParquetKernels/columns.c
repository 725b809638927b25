#include "CParquetKernels.h"

#include <string.h>

bool pq_mark_seen(const uint32_t *codes, size_t count, uint8_t *seen, uint32_t limit) {
    if (count == 0) return true;
    if (pq_max32(codes, count) >= limit) return false;
    for (size_t i = 0; i < count; i++) seen[codes[i]] = 1;
    return true;
}

int pq_compare(const uint8_t *left, const uint8_t *right, size_t count) { return memcmp(left, right, count); }
