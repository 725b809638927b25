// Chooses the IVF kernels for this CPU when the program is loaded, before any thread exists.
#include "CKernels.h"
#include "ivf_variants.h"

static const struct ivf_kernels *chosen = &ivf_kernels_scalar;
static const struct ivf_kernels *usable[4];
static size_t usable_count;

__attribute__((constructor)) static void choose(void) {
    usable[usable_count++] = &ivf_kernels_scalar;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        usable[usable_count++] = &ivf_kernels_avx2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
            usable[usable_count++] = &ivf_kernels_avx512;
    }
#elif defined(__aarch64__)
    usable[usable_count++] = &ivf_kernels_neon;
#endif
    chosen = usable[usable_count - 1];
}

size_t ck_ivf_variant_count(void) { return usable_count; }
const char *ck_ivf_variant_name(size_t variant) { return usable[variant]->name; }

void ck_ivf_scan(const float *query, const float *vectors, size_t count, size_t dimension, float *scores) {
    chosen->scan(query, vectors, count, dimension, scores);
}

void ck_ivf_scan_with(size_t variant, const float *query, const float *vectors, size_t count, size_t dimension,
                         float *scores) {
    usable[variant]->scan(query, vectors, count, dimension, scores);
}

void ck_ivf_assign(const float *points, size_t count, size_t dimension, const float *panels, const float *biases,
                      size_t panel_count, int32_t *best, float *best_scores) {
    chosen->assign(points, count, dimension, panels, biases, panel_count, best, best_scores);
}

void ck_ivf_assign_with(size_t variant, const float *points, size_t count, size_t dimension, const float *panels,
                           const float *biases, size_t panel_count, int32_t *best, float *best_scores) {
    usable[variant]->assign(points, count, dimension, panels, biases, panel_count, best, best_scores);
}
