// The table of kernels one instruction set offers; ivf_dispatch.c chooses among the tables once.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ivf_kernels {
    const char *name;
    void (*scan)(const float *query, const float *vectors, size_t count, size_t dimension, float *scores);
    void (*assign)(const float *points, size_t count, size_t dimension, const float *panels, const float *biases,
                   size_t panel_count, int32_t *best, float *best_scores);
};

extern const struct ivf_kernels ivf_kernels_scalar;
#if defined(__x86_64__)
extern const struct ivf_kernels ivf_kernels_avx2;
extern const struct ivf_kernels ivf_kernels_avx512;
#elif defined(__aarch64__)
extern const struct ivf_kernels ivf_kernels_neon;
#endif
