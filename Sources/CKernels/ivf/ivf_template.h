// Body of the IVF kernels, written once in the compiler's vector types and compiled once an instruction set. The file that
// includes it sets the target and defines IVF_NAME (the table), IVF_ISA, IVF_TILE (points a tile of the assignment kernel,
// so many that the accumulators just fit the registers), and, over the vector types below, what those cannot say:
// ivf_block_products (ivf_codes.h), ivf_mask_above and ivf_sqrt.

#include <stdbool.h>

#include "ivf_tables.h"
#include "ivf_types.h"

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

static void ivf_scan_cosines(
    const float *query, const float *vectors, size_t count, size_t dimension, float *scores) {
    for (size_t i = 0; i < count; i++) {
        const float *vector = vectors + i * dimension;
        ivf_f16 products = 0, squares = 0;
        size_t d = 0;
        for (; d + 16 <= dimension; d += 16) {
            ivf_f16 values = *(const ivf_f16 *)(vector + d);
            products += values * *(const ivf_f16 *)(query + d);
            squares += values * values;
        }
        ivf_f8 products8 = products.lo + products.hi, squares8 = squares.lo + squares.hi;
        ivf_f4 products4 = products8.lo + products8.hi, squares4 = squares8.lo + squares8.hi;
        float product = (products4[0] + products4[2]) + (products4[1] + products4[3]);
        float square = (squares4[0] + squares4[2]) + (squares4[1] + squares4[3]);
        for (; d < dimension; d++) {
            product += vector[d] * query[d];
            square += vector[d] * vector[d];
        }
        scores[i] = square > 0 ? product / __builtin_sqrtf(square) : 0;
    }
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

static void ivf_rescore(const float *query, const float *vectors, size_t dimension, ck_ivf_hit *hits, size_t count) {
    for (size_t i = 0; i < count; i++)
        ck_ivf_prefetch(vectors + (size_t)hits[i].item * dimension, dimension * sizeof(float));
    for (size_t i = 0; i < count; i++)
        hits[i].score = ivf_dot(query, vectors + (size_t)hits[i].item * dimension, dimension);
}

#include "ivf_codes.h"

const ck_ivf_kernels IVF_NAME = {
    IVF_ISA, ivf_scan, ivf_scan_cosines, ivf_assign, ivf_quantize, ivf_bounds, ivf_best_of_classes, ivf_select,
    ivf_scan_codes, ivf_rescore,
};
