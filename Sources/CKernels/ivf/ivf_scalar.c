// Scalar twins of the IVF kernels: plain loops, the oracle of the tests and the fallback of an unknown CPU.
#include "CKernels.h"
#include "ivf_variants.h"

static void ivf_scan(const float *query, const float *vectors, size_t count, size_t dimension, float *scores) {
    for (size_t i = 0; i < count; i++) {
        float sum = 0;
        for (size_t d = 0; d < dimension; d++) sum += query[d] * vectors[i * dimension + d];
        scores[i] = sum;
    }
}

static void ivf_assign(const float *points, size_t count, size_t dimension, const float *panels, const float *biases,
                       size_t panel_count, int32_t *best, float *best_scores) {
    for (size_t i = 0; i < count; i++) {
        float top = -__builtin_inff();
        int32_t where = 0;
        for (size_t c = 0; c < panel_count * CK_IVF_PANEL; c++) {
            const float *panel = panels + c / CK_IVF_PANEL * dimension * CK_IVF_PANEL + c % CK_IVF_PANEL;
            float sum = biases[c];
            for (size_t d = 0; d < dimension; d++) sum += points[i * dimension + d] * panel[d * CK_IVF_PANEL];
            if (sum > top) top = sum, where = (int32_t)c;
        }
        best[i] = where;
        if (best_scores) best_scores[i] = top;
    }
}

const struct ivf_kernels ivf_kernels_scalar = {"scalar", ivf_scan, ivf_assign};
