// Scalar twins of the IVF kernels: plain loops, the oracle of the tests and the fallback of an unknown CPU.
#include <math.h>

#include "ivf_tables.h"

static float dot(const float *a, const float *b, size_t dimension) {
    float sum = 0;
    for (size_t d = 0; d < dimension; d++) sum += a[d] * b[d];
    return sum;
}

static void scan(const float *query, const float *vectors, size_t count, size_t dimension, float *scores) {
    for (size_t i = 0; i < count; i++) scores[i] = dot(query, vectors + i * dimension, dimension);
}

static void scan_cosines(const float *query, const float *vectors, size_t count, size_t dimension, float *scores) {
    for (size_t i = 0; i < count; i++) {
        const float *vector = vectors + i * dimension;
        float square = dot(vector, vector, dimension);
        scores[i] = square > 0 ? dot(query, vector, dimension) / sqrtf(square) : 0;
    }
}

static void assign(
    const float *points, size_t count, size_t dimension, const float *panels, const float *biases, size_t panel_count,
    int32_t *best, float *best_scores) {
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

static int quantize(const float *vector, size_t dimension, int8_t *codes, ck_ivf_query *query) {
    float square = 0, top = 0;
    for (size_t d = 0; d < dimension; d++) {
        square += vector[d] * vector[d];
        if (fabsf(vector[d]) > top) top = fabsf(vector[d]);
    }
    if (!(square <= __FLT_MAX__)) return -1;
    float inverse = top > 1e-30f ? 127 / top : 0;
    size_t padded = (dimension + 3) / 4 * 4;
    int32_t sum = 0;
    for (size_t d = 0; d < padded; d++) {
        codes[d] = d < dimension ? (int8_t)rintf(vector[d] * inverse) : 0;
        sum += codes[d];
    }
    *query = (ck_ivf_query){codes, padded / 4, inverse > 0 ? top / 127 : 0, sum, square};
    return 0;
}

static int32_t product(const ck_ivf_query *query, const uint8_t *block, size_t lane) {
    int32_t sum = 0;
    for (size_t d = 0; d < query->group_count * 4; d++) {
        int code = block[d / 4 * (CK_IVF_BLOCK * 4) + lane * 4 + d % 4] - 128;
        sum += code * query->codes[d];
    }
    return sum;
}

static void best_of_classes(const float *ceilings, size_t block_count, float *best_ceilings, int32_t *best_lists) {
    for (size_t lane = 0; lane < CK_IVF_BLOCK; lane++) best_ceilings[lane] = -__builtin_inff(), best_lists[lane] = 0;
    for (size_t list = 0; list < block_count * CK_IVF_BLOCK; list++) {
        size_t lane = list % CK_IVF_BLOCK;
        if (ceilings[list] > best_ceilings[lane]) best_ceilings[lane] = ceilings[list], best_lists[lane] = (int32_t)list;
    }
}

static void bounds(
    const ck_ivf_query *query, const uint8_t *codes, const float *scales, const float *lengths, size_t block_count,
    float slack, float *bounds, float *ceilings, float *best_ceilings, int32_t *best_lists) {
    for (size_t list = 0; list < block_count * CK_IVF_BLOCK; list++) {
        size_t lane = list % CK_IVF_BLOCK;
        const uint8_t *block = codes + list / CK_IVF_BLOCK * query->group_count * (CK_IVF_BLOCK * 4);
        float p = (float)product(query, block, lane) * (scales[list] * query->scale);
        float rest = query->square - p * p;
        bounds[list] = p + slack * sqrtf(rest > 0 ? rest : 0);
        ceilings[list] = lengths[list] < 0 ? -__builtin_inff() : (bounds[list] > 0 ? bounds[list] : 0) * lengths[list];
    }
    best_of_classes(ceilings, block_count, best_ceilings, best_lists);
}

static size_t select_above(const float *ceilings, size_t count, float threshold, int32_t *numbers) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (ceilings[i] > threshold) numbers[found++] = (int32_t)i;
    return found;
}

static size_t scan_codes(
    const ck_ivf_query *query, const uint8_t *codes, const float *facts, size_t block_count, size_t item_count,
    int32_t first_item, float bound, float threshold, ck_ivf_hit *hits, size_t *hit_count) {
    size_t found = 0, block = 0;
    bound = bound > 0 ? bound : 0;
    for (; block < block_count && !(bound * facts[2 * block + 1] <= threshold); block++) {
        for (size_t lane = 0; lane < CK_IVF_BLOCK && block * CK_IVF_BLOCK + lane < item_count; lane++) {
            const uint8_t *start = codes + block * query->group_count * (CK_IVF_BLOCK * 4);
            float score = (float)product(query, start, lane) * (facts[2 * block] * query->scale);
            if (!(score > threshold)) continue;
            hits[found].item = first_item + (int32_t)(block * CK_IVF_BLOCK + lane);
            hits[found++].score = score;
        }
    }
    *hit_count = found;
    return block;
}

static void rescore(const float *query, const float *vectors, size_t dimension, ck_ivf_hit *hits, size_t count) {
    for (size_t i = 0; i < count; i++)
        hits[i].score = dot(query, vectors + (size_t)hits[i].item * dimension, dimension);
}

const ck_ivf_kernels ck_ivf_scalar = {
    CK_ISA_SCALAR, scan, scan_cosines, assign, quantize, bounds, best_of_classes, select_above, scan_codes, rescore,
};
