#include "kernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CK_TABLE(SET, prefix)                                                                                           \
    {                                                                                                                   \
        SET, prefix##dot, prefix##axpy, prefix##gram_upper, prefix##rows_times_matrix, prefix##als_exact,               \
            prefix##als_conjugate, prefix##als_accumulate, prefix##als_finish, prefix##neighbors                        \
    }

static const ck_table scalar_table = CK_TABLE(CK_ISA_SCALAR, ck_scalar_);
#if defined(__x86_64__)
static const ck_table avx2_table = CK_TABLE(CK_ISA_AVX2, ck_avx2_);
static const ck_table avx512_table = CK_TABLE(CK_ISA_AVX512, ck_avx512_);
#endif
#if defined(__aarch64__)
static const ck_table neon_table = CK_TABLE(CK_ISA_NEON, ck_neon_);
#endif

/// Null until the first call; every thread that finds it null computes the same answer, so no lock is needed.
static _Atomic(const ck_table *) current;

/// What `ck_isa_use` asked for on this thread. A thread's own, so that tests that try set after set do not change the
/// arithmetic under the feet of tests that run beside them.
static _Thread_local const ck_table *chosen;

static const ck_table *table_of(ck_isa isa) {
    switch (isa) {
    case CK_ISA_SCALAR: return &scalar_table;
#if defined(__x86_64__)
    case CK_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2_table : NULL;
    case CK_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
                && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
                && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
            ? &avx512_table
            : NULL;
#endif
#if defined(__aarch64__)
    case CK_ISA_NEON: return &neon_table;
#endif
    default: return NULL;
    }
}

const char *ck_isa_name(ck_isa isa) {
    switch (isa) {
    case CK_ISA_SCALAR: return "scalar";
    case CK_ISA_NEON: return "neon";
    case CK_ISA_AVX2: return "avx2";
    case CK_ISA_AVX512: return "avx512";
    }
    return "unknown";
}

const ck_table *ck_current(void) {
    if (chosen) return chosen;
    const ck_table *table = atomic_load_explicit(&current, memory_order_acquire);
    if (table) return table;
    const char *wanted = getenv("SEGUE_ISA");
    for (int isa = CK_ISA_AVX512; isa >= CK_ISA_SCALAR; isa--) {
        const ck_table *candidate = table_of((ck_isa)isa);
        if (!candidate) continue;
        if (!table) table = candidate;
        if (wanted && strcmp(wanted, ck_isa_name((ck_isa)isa)) == 0) {
            table = candidate;
            break;
        }
    }
    atomic_store_explicit(&current, table, memory_order_release);
    return table;
}

int ck_isa_available(ck_isa isa) { return table_of(isa) != NULL; }

ck_isa ck_isa_current(void) { return ck_current()->isa; }

int ck_isa_use(ck_isa isa) {
    const ck_table *table = table_of(isa);
    if (!table) return -1;
    chosen = table;
    return 0;
}

float ck_dot(const float *a, const float *b, size_t count) { return ck_current()->dot(a, b, count); }

void ck_axpy(float scale, const float *x, float *y, size_t count) { ck_current()->axpy(scale, x, y, count); }

void ck_gram_upper(const float *rows, size_t count, size_t stride, size_t dims, float *gram, size_t ld) {
    ck_current()->gram_upper(rows, count, stride, dims, gram, ld);
}

void ck_rows_times_matrix(
    const float *rows, size_t count, size_t stride, size_t dims, const float *matrix, size_t outDims, float *out,
    size_t outStride) {
    ck_current()->rows_times_matrix(rows, count, stride, dims, matrix, outDims, out, outStride);
}

size_t ck_als_workspace_floats(size_t dims) {
    return CK_ALS_PANEL_ROWS * (dims + 3) + 2 * dims * dims + 3 * dims + 33 * dims;
}

int ck_als_exact(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *solution, double *loss) {
    return ck_current()->als_exact(system, columns, values, count, solution, loss);
}

int ck_als_conjugate(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, size_t steps, float *solution,
    double *loss) {
    return ck_current()->als_conjugate(system, columns, values, count, steps, solution, loss);
}

void ck_als_accumulate(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *matrix, float *right,
    double *target_sum) {
    ck_current()->als_accumulate(system, columns, values, count, matrix, right, target_sum);
}

int ck_als_finish(
    const ck_als_system *system, float *matrix, const float *right, double target_sum, float *solution, double *loss) {
    return ck_current()->als_finish(system, matrix, right, target_sum, solution, loss);
}

void ck_neighbors(
    const float *panels, size_t dims, size_t queries, size_t start, size_t end, size_t row_count, ck_neighbor_list *lists) {
    ck_current()->neighbors(panels, dims, queries, start, end, row_count, lists);
}
