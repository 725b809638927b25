// Dictionaries of strings: numbering, spelling out, bounds.
//
// Every string has a digest of 128 bits. Up to 15 bytes it is the string itself with its length in the top byte, so equal
// digests are equal strings and nothing else is looked at; of longer ones it is a hash, and their bytes are compared.
// Strings are looked up in batches, each step of a look-up for the whole batch before the next: the cache misses of a
// batch overlap.
#include "CParquetKernels.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, LONGEST_EXACT = 15 };

typedef struct {
    uint64_t low;
    uint64_t high;
} digest;

struct pq_interner {
    uint64_t seed[2];
    // Code + 1 by hash, 0 when free. A power of two, at most half full.
    uint32_t *slots;
    size_t slot_count;
    // Of the distinct strings, by code.
    digest *digests;
    uint32_t *offsets;
    size_t count;
    size_t capacity;
    uint8_t *bytes;
    size_t byte_capacity;
};

static inline uint64_t load64(const uint8_t *in) {
    uint64_t word;
    memcpy(&word, in, 8);
    return word;
}

// The mixing step of wyhash (https://github.com/wangyi-fudan/wyhash): multiply and fold.
static inline uint64_t mix(uint64_t left, uint64_t right) {
    unsigned __int128 product = (unsigned __int128)left * right;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t low_bytes(uint64_t word, size_t count) {
    return count >= 8 ? word : word & (((uint64_t)1 << (8 * count)) - 1);
}

static digest long_digest(const pq_interner *table, const uint8_t *in, size_t length) {
    uint64_t a = table->seed[0] ^ length, b = table->seed[1];
    size_t i = 0;
    for (; i + 16 < length; i += 16) {
        a = mix(load64(in + i) ^ a, load64(in + i + 8) ^ b);
        b = b * 0x9E3779B97F4A7C15u + a;
    }
    a = mix(load64(in + length - 16) ^ a, load64(in + length - 8) ^ b);
    return (digest){a, (mix(a ^ b, table->seed[0] ^ 0xA0761D6478BD642Fu) & 0x00ffffffffffffffu) | 0xffull << 56};
}

// `readable`: bytes from `in` on that may be read.
static inline digest digest_of(const pq_interner *table, const uint8_t *in, size_t length, size_t readable) {
    if (__builtin_expect(length > LONGEST_EXACT, 0)) return long_digest(table, in, length);
    uint64_t low, high;
    if (__builtin_expect(readable >= 16, 1)) {
        low = load64(in);
        high = load64(in + 8);
    } else {
        uint8_t padded[16] = {0};
        memcpy(padded, in, length);
        low = load64(padded);
        high = load64(padded + 8);
    }
    low = low_bytes(low, length);
    high = length <= 8 ? 0 : low_bytes(high, length - 8);
    return (digest){low, high | (uint64_t)length << 56};
}

static inline size_t place_of(const pq_interner *table, digest key) {
    return (size_t)mix(key.low ^ table->seed[0], key.high ^ table->seed[1]) & (table->slot_count - 1);
}

// MARK: - growing

static bool grow_slots(pq_interner *table, size_t slot_count) {
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    digest *digests = realloc(table->digests, slot_count / 2 * sizeof *digests);
    if (digests) table->digests = digests;
    uint32_t *offsets = realloc(table->offsets, (slot_count / 2 + 1) * sizeof *offsets);
    if (offsets) table->offsets = offsets;
    if (!slots || !digests || !offsets) {
        free(slots);
        return false;
    }
    table->capacity = slot_count / 2;
    table->slot_count = slot_count;
    for (size_t code = 0; code < table->count; code++) {
        size_t place = place_of(table, digests[code]);
        while (slots[place] != 0) place = (place + 1) & (slot_count - 1);
        slots[place] = (uint32_t)(code + 1);
    }
    free(table->slots);
    table->slots = slots;
    return true;
}

static bool reserve_bytes(pq_interner *table, size_t additional) {
    size_t used = table->offsets[table->count];
    if (additional > UINT32_MAX - used) return false;
    if (used + additional <= table->byte_capacity) return true;
    size_t capacity = table->byte_capacity * 2;
    if (capacity < used + additional) capacity = used + additional;
    uint8_t *bytes = realloc(table->bytes, capacity);
    if (!bytes) return false;
    table->bytes = bytes;
    table->byte_capacity = capacity;
    return true;
}

pq_interner *pq_interner_make(uint64_t seed) {
    pq_interner *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    table->seed[0] = seed ^ 0x9E3779B97F4A7C15u;
    table->seed[1] = mix(seed ^ 0xA0761D6478BD642Fu, 0xE7037ED1A0B428DBu);
    if (!grow_slots(table, 1 << 10)) {
        pq_interner_free(table);
        return NULL;
    }
    table->offsets[0] = 0;
    return table;
}

void pq_interner_free(pq_interner *table) {
    if (!table) return;
    free(table->slots);
    free(table->digests);
    free(table->offsets);
    free(table->bytes);
    free(table);
}

// MARK: - numbering

// The code of a string from its place on; a new one when it is not met.
static bool find(pq_interner *table, size_t place, digest key, const uint8_t *in, size_t length, uint32_t *code) {
    for (;; place = (place + 1) & (table->slot_count - 1)) {
        uint32_t mark = table->slots[place];
        if (mark == 0) break;
        const digest *known = &table->digests[mark - 1];
        if (known->low != key.low || known->high != key.high) continue;
        uint32_t start = table->offsets[mark - 1];
        if (length <= LONGEST_EXACT
            || (table->offsets[mark] - start == length && memcmp(table->bytes + start, in, length) == 0)) {
            *code = mark - 1;
            return true;
        }
    }
    if (!reserve_bytes(table, length)) return false;
    uint32_t start = table->offsets[table->count];
    memcpy(table->bytes + start, in, length);
    table->digests[table->count] = key;
    *code = (uint32_t)table->count++;
    table->offsets[table->count] = start + (uint32_t)length;
    table->slots[place] = *code + 1;
    return true;
}

static bool add_batch(pq_interner *table, const uint8_t *bytes, size_t byte_count, const uint32_t *offsets, size_t count,
                      uint32_t *codes) {
    digest keys[BATCH];
    size_t places[BATCH];
    uint32_t marks[BATCH];
    for (size_t i = 0; i < count; i++) {
        keys[i] = digest_of(table, bytes + offsets[i], offsets[i + 1] - offsets[i], byte_count - offsets[i]);
        places[i] = place_of(table, keys[i]);
        __builtin_prefetch(&table->slots[places[i]]);
    }
    for (size_t i = 0; i < count; i++) {
        marks[i] = table->slots[places[i]];
        __builtin_prefetch(&table->digests[marks[i] == 0 ? 0 : marks[i] - 1]);
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = offsets[i + 1] - offsets[i];
        if (marks[i] != 0 && length <= LONGEST_EXACT) {
            const digest *known = &table->digests[marks[i] - 1];
            if (known->low == keys[i].low && known->high == keys[i].high) {
                codes[i] = marks[i] - 1;
                continue;
            }
        }
        if (!find(table, places[i], keys[i], bytes + offsets[i], length, &codes[i])) return false;
    }
    return true;
}

bool pq_interner_add(pq_interner *table, const uint8_t *bytes, size_t byte_count, const uint32_t *offsets, size_t first,
                     size_t count, uint32_t *codes) {
    for (size_t done = 0; done < count;) {
        size_t taken = count - done < BATCH ? count - done : BATCH;
        // No growing within a batch: places stay valid.
        if (table->count + taken > table->capacity) {
            if (table->slot_count > UINT32_MAX / 4) return false;
            if (!grow_slots(table, table->slot_count * 4)) return false;
        }
        if (!add_batch(table, bytes, byte_count, offsets + first + done, taken, codes + done)) return false;
        done += taken;
    }
    return true;
}

size_t pq_interner_count(const pq_interner *table) { return table->count; }

const uint8_t *pq_interner_bytes(const pq_interner *table) { return table->bytes; }

const uint32_t *pq_interner_offsets(const pq_interner *table) { return table->offsets; }

// MARK: - spelling out

static inline void copy16(uint8_t *out, const uint8_t *in) { memcpy(out, in, 16); }

void pq_spell(const uint8_t *bytes, size_t byte_count, const uint32_t *offsets, const uint32_t *codes, size_t count,
              uint8_t *out, size_t total, uint32_t *ends) {
    uint32_t end = ends[-1];
    size_t i = 0, written = 0;
    // Short strings are copied by sixteen bytes whatever their length; what is too much is overwritten by the next.
    for (; i < count && total - written >= 16; i++) {
        uint32_t start = offsets[codes[i]], length = offsets[codes[i] + 1] - start;
        if (length <= 16 && byte_count - start >= 16) {
            copy16(out + written, bytes + start);
        } else {
            memcpy(out + written, bytes + start, length);
        }
        written += length;
        ends[i] = end += length;
    }
    for (; i < count; i++) {
        uint32_t start = offsets[codes[i]], length = offsets[codes[i] + 1] - start;
        memcpy(out + written, bytes + start, length);
        written += length;
        ends[i] = end += length;
    }
}

ptrdiff_t pq_plain_strings(const uint8_t *in, size_t byte_count, size_t count, uint8_t *out, uint32_t start,
                         uint32_t *ends) {
    uint8_t *const first = out;
    const uint8_t *const end = in + byte_count;
    for (size_t i = 0; i < count; i++) {
        uint32_t length;
        if (end - in < 4) return -1;
        memcpy(&length, in, 4);
        in += 4;
        if ((size_t)(end - in) < length) return -1;
        memcpy(out, in, length);
        in += length;
        out += length;
        ends[i] = start + (uint32_t)(out - first);
    }
    return out - first;
}

// MARK: - bounds

size_t pq_shared_prefix(const uint8_t *bytes, const uint32_t *offsets, size_t count) {
    const uint8_t *first = bytes + offsets[0];
    size_t shared = offsets[1] - offsets[0];
    for (size_t i = 1; i < count && shared > 0; i++) {
        const uint8_t *other = bytes + offsets[i];
        size_t length = offsets[i + 1] - offsets[i];
        if (length < shared) shared = length;
        if (memcmp(first, other, shared) == 0) continue;
        size_t same = 0;
        while (first[same] == other[same]) same++;
        shared = same;
    }
    return shared;
}

void pq_string_keys(const uint8_t *bytes, const uint32_t *offsets, size_t count, size_t shared, bool exact,
                    uint64_t *keys) {
    const size_t end = offsets[count];
    for (size_t i = 0; i < count; i++) {
        size_t start = offsets[i] + shared, length = offsets[i + 1] - start;
        size_t taken = length < 8 ? length : 8;
        uint64_t word = 0;
        if (end - start >= 8) {
            word = low_bytes(load64(bytes + start), taken);
        } else {
            memcpy(&word, bytes + start, taken);
        }
        keys[i] = __builtin_bswap64(word) | (exact ? length : 0);
    }
}
