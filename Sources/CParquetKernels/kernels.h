// The kernels of every instruction set, and the table through which the public names reach the chosen one.
#pragma once

#include "CParquetKernels.h"

typedef struct {
    pq_isa isa;
    // `widths` 1...32.
    void (*unpack32)(const uint8_t *in, size_t byte_count, unsigned width, uint32_t *out, size_t count);
    // One miniblock: out[i] = previous + sum over j <= i of (delta[j] + minimum). Returns the last value.
    uint32_t (*delta_sum32)(const uint8_t *in, size_t byte_count, unsigned width, uint32_t minimum, uint32_t previous,
                            uint32_t *out, size_t count);
    uint64_t (*delta_sum64)(const uint8_t *in, size_t byte_count, unsigned width, uint64_t minimum, uint64_t previous,
                            uint64_t *out, size_t count);
    size_t (*delta_encode_block32)(const uint32_t *in, size_t count, uint32_t previous, uint8_t *out);
    size_t (*delta_encode_block64)(const uint64_t *in, size_t count, uint64_t previous, uint8_t *out);
    // The first group of eight equal values at or behind `from`, which is counted in values; groups begin at multiples of
    // eight from `from`. Returns a place behind which no whole group is left when there is none.
    size_t (*find_constant_group)(const uint32_t *in, size_t from, size_t count);
    uint32_t (*max32)(const uint32_t *in, size_t count);
    void (*min_max_i32)(const int32_t *in, size_t count, int32_t *least, int32_t *greatest);
    void (*min_max_i64)(const int64_t *in, size_t count, int64_t *least, int64_t *greatest);
    void (*gather32)(const uint32_t *table, const uint32_t *codes, uint32_t *out, size_t count);
    void (*gather64)(const uint64_t *table, const uint32_t *codes, uint64_t *out, size_t count);
    uint64_t (*sum_lengths)(const uint32_t *offsets, const uint32_t *codes, size_t count);
    void (*key_bounds)(const uint64_t *keys, const uint32_t *codes, size_t count, uint64_t *least, uint64_t *greatest);
    // Goes on with an inverted CRC.
    uint32_t (*crc32)(uint32_t crc, const uint8_t *in, size_t count);
} pq_kernels;

extern const pq_kernels pq_scalar_kernels;
#if defined(__x86_64__)
extern const pq_kernels pq_avx2_kernels;
extern const pq_kernels pq_avx512_kernels;
#endif

// The table in use.
const pq_kernels *pq_current(void);

// What the sets share.
void pq_unpack32_scalar(const uint8_t *in, size_t byte_count, unsigned width, uint32_t *out, size_t count);
uint32_t pq_crc32_scalar(uint32_t crc, const uint8_t *in, size_t count);
uint32_t pq_crc32_by_128(uint32_t crc, const uint8_t *in, size_t count);
void pq_pack32_groups(const uint32_t *in, size_t groups, unsigned width, uint8_t *out);
