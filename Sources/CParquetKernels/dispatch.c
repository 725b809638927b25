#include "kernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Null until the first call; every thread that finds it null computes the same answer, so no lock is needed.
static _Atomic(const pq_kernels *) current;

// What pq_isa_use asked for on this thread: a test that tries set after set changes nothing for those beside it.
static _Thread_local const pq_kernels *chosen;

static const char *const names[] = {"scalar", "avx2", "avx512"};

static const pq_kernels *kernels_of(pq_isa isa) {
    switch (isa) {
    case PQ_ISA_SCALAR: return &pq_scalar_kernels;
#if defined(__x86_64__)
    case PQ_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul")
            ? &pq_avx2_kernels
            : NULL;
    case PQ_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
                && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
                && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("vpclmulqdq")
                && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi2")
            ? &pq_avx512_kernels
            : NULL;
#endif
    default: return NULL;
    }
}

const pq_kernels *pq_current(void) {
    if (chosen) return chosen;
    const pq_kernels *kernels = atomic_load_explicit(&current, memory_order_acquire);
    if (kernels) return kernels;
    const char *wanted = getenv("SEGUE_ISA");
    for (int isa = PQ_ISA_AVX512; isa >= PQ_ISA_SCALAR; isa--) {
        const pq_kernels *candidate = kernels_of((pq_isa)isa);
        if (!candidate) continue;
        if (!kernels) kernels = candidate;
        if (wanted && strcmp(wanted, names[isa]) == 0) {
            kernels = candidate;
            break;
        }
    }
    atomic_store_explicit(&current, kernels, memory_order_release);
    return kernels;
}

bool pq_isa_available(pq_isa isa) { return kernels_of(isa) != NULL; }

pq_isa pq_isa_current(void) { return pq_current()->isa; }

bool pq_isa_use(pq_isa isa) {
    const pq_kernels *kernels = kernels_of(isa);
    if (!kernels) return false;
    chosen = kernels;
    return true;
}

uint32_t pq_max32(const uint32_t *in, size_t count) { return pq_current()->max32(in, count); }

void pq_min_max_i32(const int32_t *in, size_t count, int32_t *least, int32_t *greatest) {
    pq_current()->min_max_i32(in, count, least, greatest);
}

void pq_min_max_i64(const int64_t *in, size_t count, int64_t *least, int64_t *greatest) {
    pq_current()->min_max_i64(in, count, least, greatest);
}

void pq_gather32(const uint32_t *table, const uint32_t *codes, uint32_t *out, size_t count) {
    pq_current()->gather32(table, codes, out, count);
}

void pq_gather64(const uint64_t *table, const uint32_t *codes, uint64_t *out, size_t count) {
    pq_current()->gather64(table, codes, out, count);
}

uint64_t pq_sum_lengths(const uint32_t *offsets, const uint32_t *codes, size_t count) {
    return pq_current()->sum_lengths(offsets, codes, count);
}

void pq_key_bounds(const uint64_t *keys, const uint32_t *codes, size_t count, uint64_t *least, uint64_t *greatest) {
    pq_current()->key_bounds(keys, codes, count, least, greatest);
}

uint32_t pq_crc32(uint32_t crc, const uint8_t *in, size_t count) { return ~pq_current()->crc32(~crc, in, count); }
