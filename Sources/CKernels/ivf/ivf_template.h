// Body of the float kernels, written once in the compiler's vector types and compiled once an instruction set: the file
// that includes it defines IVF_NAME (the table), IVF_LABEL (its name as text) and IVF_TILE (points a tile of the
// assignment kernel, so many that the accumulators just fit the registers) and sets the target.

#include <stdbool.h>

#include "CKernels.h"
#include "ivf_variants.h"

// Sixteen lanes: one AVX-512 register, two of AVX2, four of NEON. The compiler splits it.
typedef float ivf_f16 __attribute__((ext_vector_type(16), aligned(4)));
typedef float ivf_f8 __attribute__((ext_vector_type(8)));
typedef float ivf_f4 __attribute__((ext_vector_type(4)));
// A panel's width: CK_IVF_PANEL centroids side by side.
typedef float ivf_panel_f __attribute__((ext_vector_type(CK_IVF_PANEL), aligned(4)));
typedef int32_t ivf_panel_i __attribute__((ext_vector_type(CK_IVF_PANEL), aligned(4)));

static inline float ivf_dot(const float *a, const float *b, size_t dimension) {
    ivf_f16 sum0 = 0, sum1 = 0;
    size_t d = 0;
    for (; d + 32 <= dimension; d += 32) {
        sum0 += *(const ivf_f16 *)(a + d) * *(const ivf_f16 *)(b + d);
        sum1 += *(const ivf_f16 *)(a + d + 16) * *(const ivf_f16 *)(b + d + 16);
    }
    if (d + 16 <= dimension) {
        sum0 += *(const ivf_f16 *)(a + d) * *(const ivf_f16 *)(b + d);
        d += 16;
    }
    float tail = 0;
    for (; d < dimension; d++) tail += a[d] * b[d];
    sum0 += sum1;
    ivf_f8 sum8 = sum0.lo + sum0.hi;
    ivf_f4 sum4 = sum8.lo + sum8.hi;
    return (sum4[0] + sum4[2]) + (sum4[1] + sum4[3]) + tail;
}

static void ivf_scan(const float *query, const float *vectors, size_t count, size_t dimension, float *scores) {
    for (size_t i = 0; i < count; i++) scores[i] = ivf_dot(query, vectors + i * dimension, dimension);
}

// Best centroids of `tile` points. Lanes keep the best of their own residue class over all panels; the classes are
// compared once at the end. Strictly greater wins, so of equal scores the lowest centroid of a lane is kept.
static inline __attribute__((always_inline)) void ivf_assign_tile(
    const float *points, const size_t tile, size_t dimension, const float *panels, const float *biases,
    size_t panel_count, int32_t *best, float *best_scores) {
    ivf_panel_f top[IVF_TILE];
    ivf_panel_i where[IVF_TILE];
    ivf_panel_i lanes;
    for (int lane = 0; lane < CK_IVF_PANEL; lane++) lanes[lane] = lane;
    for (size_t t = 0; t < tile; t++) {
        top[t] = (ivf_panel_f)(-__builtin_inff());
        where[t] = lanes;
    }
    for (size_t p = 0; p < panel_count; p++) {
        const float *panel = panels + p * dimension * CK_IVF_PANEL;
        ivf_panel_f sum[IVF_TILE];
        ivf_panel_f bias = *(const ivf_panel_f *)(biases + p * CK_IVF_PANEL);
        for (size_t t = 0; t < tile; t++) sum[t] = bias;
        for (size_t d = 0; d < dimension; d++) {
            ivf_panel_f c = *(const ivf_panel_f *)(panel + d * CK_IVF_PANEL);
            for (size_t t = 0; t < tile; t++) sum[t] += c * points[t * dimension + d];
        }
        ivf_panel_i index = lanes + (int32_t)(p * CK_IVF_PANEL);
        for (size_t t = 0; t < tile; t++) {
            ivf_panel_i better = sum[t] > top[t];
            top[t] = better ? sum[t] : top[t];
            where[t] = better ? index : where[t];
        }
    }
    for (size_t t = 0; t < tile; t++) {
        float scores[CK_IVF_PANEL];
        int32_t centroids[CK_IVF_PANEL];
        *(ivf_panel_f *)scores = top[t];
        *(ivf_panel_i *)centroids = where[t];
        float score = scores[0];
        int32_t centroid = centroids[0];
        for (int lane = 1; lane < CK_IVF_PANEL; lane++) {
            bool better = scores[lane] > score || (scores[lane] == score && centroids[lane] < centroid);
            score = better ? scores[lane] : score;
            centroid = better ? centroids[lane] : centroid;
        }
        best[t] = centroid;
        if (best_scores) best_scores[t] = score;
    }
}

static void ivf_assign(const float *points, size_t count, size_t dimension, const float *panels, const float *biases,
                       size_t panel_count, int32_t *best, float *best_scores) {
    size_t i = 0;
    for (; i + IVF_TILE <= count; i += IVF_TILE)
        ivf_assign_tile(points + i * dimension, IVF_TILE, dimension, panels, biases, panel_count, best + i,
                        best_scores ? best_scores + i : NULL);
    for (; i < count; i++)
        ivf_assign_tile(points + i * dimension, 1, dimension, panels, biases, panel_count, best + i,
                        best_scores ? best_scores + i : NULL);
}

const struct ivf_kernels IVF_NAME = {IVF_LABEL, ivf_scan, ivf_assign};
