// Inner loops of the Parquet module: bit packing, delta blocks, gathers, CRC-32. Imported by the Parquet module only.
//
// No function here trusts its input: the caller passes how many bytes there are, and nothing beyond them is read.
// All arithmetic on values wraps. Little-endian machines only, as Parquet itself is.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MARK: bit packing (least significant bit first)

// Bytes that a pack or an encode function may write past its result, so that it can store whole words.
enum { PQ_SLACK = 32 };

// Packs `count` values of `width` bits (0...32). Writes ceil(count / 8) * width bytes: the last group is padded with
// zeros. `out` has room for them and PQ_SLACK. Values have no bit set above `width`.
void pq_pack32(const uint32_t *in, size_t count, unsigned width, uint8_t *out);
// The same for widths 0...64.
void pq_pack64(const uint64_t *in, size_t count, unsigned width, uint8_t *out);

// Unpacks `count` values of `width` bits (0...32). `byte_count` is at least ceil(count * width / 8).
void pq_unpack32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t *out, size_t count);
// The same for widths 0...64.
void pq_unpack64(const uint8_t *in, size_t byte_count, unsigned width, uint64_t *out, size_t count);
// Expands `count` bits to bytes of 0 and 1.
void pq_unpack_bits(const uint8_t *in, uint8_t *out, size_t count);
// Packs bytes of 0 and 1 to bits. Writes ceil(count / 8) bytes.
void pq_pack_bits(const uint8_t *in, uint8_t *out, size_t count);

// Encodes values as the RLE / bit-packed hybrid and returns the byte count of the result. `out` has room for
// pq_hybrid_bound and PQ_SLACK.
size_t pq_hybrid_encode(const uint32_t *in, size_t count, unsigned width, uint8_t *out);
size_t pq_hybrid_bound(size_t count, unsigned width);

// MARK: delta blocks (DELTA_BINARY_PACKED)

// Decodes one miniblock: out[i] = previous + sum over j <= i of (delta[j] + minimum). Returns the last value.
uint32_t pq_delta_decode32(const uint8_t *in, size_t byte_count, unsigned width, uint32_t minimum, uint32_t previous,
                           uint32_t *out, size_t count);
uint64_t pq_delta_decode64(const uint8_t *in, size_t byte_count, unsigned width, uint64_t minimum, uint64_t previous,
                           uint64_t *out, size_t count);
// Encodes one block of at most 128 values (four miniblocks of 32) that follow `previous`, its header included; returns
// the byte count, at most PQ_DELTA_BLOCK_BOUND. `out` has room for that and PQ_SLACK.
enum { PQ_DELTA_BLOCK_BOUND = 10 + 4 + 128 * 8 };
size_t pq_delta_encode_block32(const uint32_t *in, size_t count, uint32_t previous, uint8_t *out);
size_t pq_delta_encode_block64(const uint64_t *in, size_t count, uint64_t previous, uint8_t *out);

// MARK: columns

// The greatest of `count` values, 0 when there is none.
uint32_t pq_max32(const uint32_t *in, size_t count);
// Least and greatest of `count` > 0 values.
void pq_min_max_i32(const int32_t *in, size_t count, int32_t *least, int32_t *greatest);
void pq_min_max_i64(const int64_t *in, size_t count, int64_t *least, int64_t *greatest);
// out[i] = table[codes[i]]; the codes were checked.
void pq_gather32(const uint32_t *table, const uint32_t *codes, uint32_t *out, size_t count);
void pq_gather64(const uint64_t *table, const uint32_t *codes, uint64_t *out, size_t count);
// Sets seen[codes[i]] to 1; false, having set some, when a code is not below `limit`.
bool pq_mark_seen(const uint32_t *codes, size_t count, uint8_t *seen, uint32_t limit);
// Sum of the lengths of the strings that the codes stand for; the codes were checked.
uint64_t pq_sum_lengths(const uint32_t *offsets, const uint32_t *codes, size_t count);

// memcmp: negative, zero or positive as `left` comes before, equals or comes after `right`.
int pq_compare(const uint8_t *left, const uint8_t *right, size_t count);

// MARK: checksum

// CRC-32 (ISO-HDLC, the one of gzip) of the bytes.
uint32_t pq_crc32(const uint8_t *in, size_t count);

#ifdef __cplusplus
}
#endif
