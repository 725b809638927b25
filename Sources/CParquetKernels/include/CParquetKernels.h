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

// MARK: instruction sets

// Sets that kernels are compiled for, from the plainest up. The scalar kernels are the oracle of the others in tests.
typedef enum {
    PQ_ISA_SCALAR = 0,
    PQ_ISA_AVX2 = 1,   // with BMI2
    PQ_ISA_AVX512 = 2, // F, VL, BW, DQ, VBMI and 512-bit carry-less multiplication: Ice Lake, Zen 4 and later
} pq_isa;

// Whether this binary has kernels for the set and this processor can run them.
bool pq_isa_available(pq_isa isa);
// The set in use: the best one available, unless the environment's SEGUE_ISA (scalar, avx2, avx512) or pq_isa_use says
// otherwise.
pq_isa pq_isa_current(void);
// Takes another set for the calling thread: for tests. False when it is not available.
bool pq_isa_use(pq_isa isa);

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

// What stopped a decoder.
typedef enum {
    PQ_DELTA_OK = 0,
    PQ_DELTA_TOO_SHORT = 1, // the bytes end before the values
    PQ_DELTA_TOO_WIDE = 2,  // a miniblock announces differences wider than the values
    PQ_DELTA_OVERFLOW = 3,  // a varint is longer than 64 bits
} pq_delta_status;

// Decodes the blocks behind a stream's header: out[0] is there already, out[1] ... out[count - 1] follow. Miniblocks are
// of `length` values, a multiple of 32, `miniblocks` to a block. `consumed` tells how many bytes the blocks took.
pq_delta_status pq_delta_decode32(const uint8_t *in, size_t byte_count, size_t miniblocks, size_t length, uint32_t *out,
                                  size_t count, size_t *consumed);
pq_delta_status pq_delta_decode64(const uint8_t *in, size_t byte_count, size_t miniblocks, size_t length, uint64_t *out,
                                  size_t count, size_t *consumed);
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

// MARK: dictionaries of numbers

// Numbers distinct values of 4 or 8 bytes in order of first use.
typedef struct pq_numbering pq_numbering;

// NULL when there is no memory. The seed makes collisions unforeseeable for who chooses the values.
pq_numbering *pq_numbering_make(unsigned byte_width, uint64_t seed);
void pq_numbering_free(pq_numbering *numbering);
// Writes the code of each value until more than `limit` are distinct, and returns how many codes were written; fewer
// than `count` also when there is no memory.
size_t pq_numbering_add(pq_numbering *numbering, const void *in, size_t count, size_t limit, uint32_t *codes);
// The distinct values so far, and where they lie; valid until the next call.
size_t pq_numbering_count(const pq_numbering *numbering);
const void *pq_numbering_values(const pq_numbering *numbering);
// A lower estimate of how many of `count` values are distinct, from pairs of equal ones in a random sample.
size_t pq_estimate_distinct(const void *in, size_t count, unsigned byte_width, uint64_t seed);

// MARK: dictionaries of strings

// Numbers distinct strings in order of first use. Strings lie in one buffer: string i is bytes[offsets[i]] up to
// bytes[offsets[i + 1]].
typedef struct pq_interner pq_interner;

pq_interner *pq_interner_make(uint64_t seed);
void pq_interner_free(pq_interner *interner);
// Writes the codes of the strings `first` ... `first + count - 1`; `byte_count` is that of the whole buffer. False when
// there is no memory or when the distinct strings come to more than 4 GiB.
bool pq_interner_add(pq_interner *interner, const uint8_t *bytes, size_t byte_count, const uint32_t *offsets,
                     size_t first, size_t count, uint32_t *codes);
// The distinct strings so far; valid until the next call.
size_t pq_interner_count(const pq_interner *interner);
const uint8_t *pq_interner_bytes(const pq_interner *interner);
const uint32_t *pq_interner_offsets(const pq_interner *interner);

// Takes `count` strings, each with four bytes of length before it, out of a page: their bytes go to `out`, which has room
// for byte_count - 4 * count, and where each ends, `start` and what came before included, to `ends`. Returns how many bytes
// the strings have, or -1 when one reaches behind the end.
ptrdiff_t pq_plain_strings(const uint8_t *in, size_t byte_count, size_t count, uint8_t *out, uint32_t start,
                         uint32_t *ends);

// Spells strings out: those of `codes`, which were checked, one after the other to `out`, which has room for their
// `total` bytes; writes to `ends` where each ends. ends[-1] is where the one before them ended.
void pq_spell(const uint8_t *bytes, size_t byte_count, const uint32_t *offsets, const uint32_t *codes, size_t count,
              uint8_t *out, size_t total, uint32_t *ends);
// Bytes that all strings begin with; `count` > 0.
size_t pq_shared_prefix(const uint8_t *bytes, const uint32_t *offsets, size_t count);
// A number for each string by which they compare: the eight bytes behind `shared` ones, big-endian, padded with zeros;
// with `exact`, where no string has more than seven there, seven bytes and their count, so that equal numbers are equal
// strings.
void pq_string_keys(const uint8_t *bytes, const uint32_t *offsets, size_t count, size_t shared, bool exact,
                    uint64_t *keys);
// Least and greatest of the keys that `count` > 0 codes, all below 2^31, stand for.
void pq_key_bounds(const uint64_t *keys, const uint32_t *codes, size_t count, uint64_t *least, uint64_t *greatest);

// MARK: checksum

// CRC-32 (ISO-HDLC, the one of gzip) of what `crc` is that of, and of the bytes behind it; 0 to begin with.
uint32_t pq_crc32(uint32_t crc, const uint8_t *in, size_t count);

#ifdef __cplusplus
}
#endif
