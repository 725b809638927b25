// Dictionaries of numbers: open addressing by Fibonacci hashing (Knuth, TAOCP 3, 6.4), values compared by their bits.
#include "CParquetKernels.h"

#include <stdlib.h>
#include <string.h>

struct pq_numbering {
    unsigned byte_width;
    uint64_t seed;
    // Slots are a power of two, at most half full; each holds a value and its code + 1, 0 when free.
    void *slots;
    size_t slot_count;
    unsigned shift;
    void *values;
    size_t count;
    size_t capacity;
};

typedef struct {
    uint32_t bits;
    uint32_t mark;
} slot32;

typedef struct {
    uint64_t bits;
    uint64_t mark;
} slot64;

static inline size_t place_of(uint64_t bits, uint64_t seed, unsigned shift) {
    return (size_t)((bits ^ seed) * 0x9E3779B97F4A7C15u >> shift);
}

#define DEFINE_TABLE(width)                                                                                             \
    static bool grow##width(pq_numbering *table, size_t slot_count) {                                                   \
        slot##width *slots = calloc(slot_count, sizeof(slot##width));                                                   \
        uint##width##_t *values = realloc(table->values, slot_count / 2 * sizeof *values);                              \
        if (values) table->values = values;                                                                             \
        if (!slots || !values) {                                                                                        \
            free(slots);                                                                                                \
            return false;                                                                                               \
        }                                                                                                               \
        table->capacity = slot_count / 2;                                                                               \
        table->slot_count = slot_count;                                                                                 \
        table->shift = (unsigned)__builtin_clzll(slot_count) + 1;                                                       \
        for (size_t code = 0; code < table->count; code++) {                                                            \
            size_t place = place_of(values[code], table->seed, table->shift);                                           \
            while (slots[place].mark != 0) place = (place + 1) & (slot_count - 1);                                      \
            slots[place] = (slot##width){values[code], (uint32_t)(code + 1)};                                           \
        }                                                                                                               \
        free(table->slots);                                                                                             \
        table->slots = slots;                                                                                           \
        return true;                                                                                                    \
    }                                                                                                                   \
                                                                                                                        \
    static size_t add##width(pq_numbering *table, const uint##width##_t *in, size_t count, size_t limit,                \
                             uint32_t *codes) {                                                                         \
        for (size_t i = 0; i < count; i++) {                                                                            \
            slot##width *slots = table->slots;                                                                          \
            size_t place = place_of(in[i], table->seed, table->shift);                                                  \
            while (slots[place].mark != 0 && slots[place].bits != in[i])                                                \
                place = (place + 1) & (table->slot_count - 1);                                                          \
            if (slots[place].mark != 0) {                                                                               \
                codes[i] = (uint32_t)slots[place].mark - 1;                                                             \
                continue;                                                                                               \
            }                                                                                                           \
            if (table->count >= limit) return i;                                                                        \
            slots[place] = (slot##width){in[i], (uint32_t)(table->count + 1)};                                          \
            ((uint##width##_t *)table->values)[table->count] = in[i];                                                   \
            codes[i] = (uint32_t)table->count++;                                                                        \
            if (table->count == table->capacity && !grow##width(table, table->slot_count * 4)) return i + 1;            \
        }                                                                                                               \
        return count;                                                                                                   \
    }

DEFINE_TABLE(32)
DEFINE_TABLE(64)

pq_numbering *pq_numbering_make(unsigned byte_width, uint64_t seed) {
    pq_numbering *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    table->byte_width = byte_width;
    table->seed = seed;
    if (!(byte_width == 4 ? grow32(table, 1 << 10) : grow64(table, 1 << 10))) {
        pq_numbering_free(table);
        return NULL;
    }
    return table;
}

void pq_numbering_free(pq_numbering *table) {
    if (!table) return;
    free(table->slots);
    free(table->values);
    free(table);
}

size_t pq_numbering_add(pq_numbering *table, const void *in, size_t count, size_t limit, uint32_t *codes) {
    if (limit > UINT32_MAX - 1) limit = UINT32_MAX - 1;
    return table->byte_width == 4 ? add32(table, in, count, limit, codes) : add64(table, in, count, limit, codes);
}

size_t pq_numbering_count(const pq_numbering *table) { return table->count; }

const void *pq_numbering_values(const pq_numbering *table) { return table->values; }

// MARK: - sampling

enum { SAMPLE = 4096, SAMPLE_SLOTS = 4 * SAMPLE };

// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016).
static uint64_t next_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du;
}

static uint64_t load_bits(const void *in, size_t place, unsigned byte_width) {
    if (byte_width == 4) return ((const uint32_t *)in)[place];
    return ((const uint64_t *)in)[place];
}

size_t pq_estimate_distinct(const void *in, size_t count, unsigned byte_width, uint64_t seed) {
    // Of n values drawn from D equally frequent ones about n² / 2D pairs are equal (the birthday problem); where some are
    // more frequent there are more, so D comes out too low rather than too high. Places are drawn at random: evenly
    // spaced ones would miss the repetitions of sorted values.
    struct {
        uint64_t bits;
        size_t place; // + 1, 0 when free
    } *slots = calloc(SAMPLE_SLOTS, sizeof *slots);
    if (!slots || count == 0) {
        free(slots);
        return 0;
    }
    uint64_t state = seed | 1;
    size_t pairs = 0;
    for (size_t i = 0; i < SAMPLE; i++) {
        size_t place = (size_t)((unsigned __int128)next_random(&state) * count >> 64);
        uint64_t bits = load_bits(in, place, byte_width);
        size_t slot = (size_t)((bits ^ seed) * 0x9E3779B97F4A7C15u >> 50) & (SAMPLE_SLOTS - 1);
        while (slots[slot].place != 0 && slots[slot].bits != bits) slot = (slot + 1) & (SAMPLE_SLOTS - 1);
        if (slots[slot].place == 0) {
            slots[slot].bits = bits;
            slots[slot].place = place + 1;
        } else if (slots[slot].place != place + 1) {
            pairs++;
        }
    }
    free(slots);
    // Where a good part of the sample repeats, what it holds is bound enough.
    if (pairs > SAMPLE / 8) return SAMPLE - pairs;
    // Three standard deviations to the safe side.
    double likely = (double)pairs + 4;
    while ((likely - (double)pairs) * (likely - (double)pairs) < 9 * likely) likely += 1;
    double distinct = (double)SAMPLE * SAMPLE / 2 / likely;
    return distinct > (double)count ? count : (size_t)distinct;
}
