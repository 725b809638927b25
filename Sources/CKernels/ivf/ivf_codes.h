// Kernels over blocks of codes, part of ivf_template.h. The including file defines, always inlined:
//
//   void ivf_block_products(const ck_ivf_query *, const uint8_t *block, ivf_i16 *products)
//       the sixteen sums of (code - 128) * query code, exact in every instruction set;
//   uint32_t ivf_mask_above(const ivf_f16 *values, float threshold)
//       bit i: values[i] > threshold, false for what is not a number;
//   void ivf_sqrt(ivf_f16 *values)

#define IVF_INLINE static inline __attribute__((always_inline))

IVF_INLINE size_t ivf_block_size(const ck_ivf_query *query) { return query->group_count * (CK_IVF_BLOCK * 4); }

static int ivf_quantize(const float *vector, size_t dimension, int8_t *codes, ck_ivf_query *query) {
    ivf_f16 squares = 0, tops = 0;
    size_t d = 0;
    for (; d + 16 <= dimension; d += 16) {
        ivf_f16 values = *(const ivf_f16 *)(vector + d);
        squares += values * values;
        ivf_f16 sizes = __builtin_elementwise_abs(values);
        tops = sizes > tops ? sizes : tops;
    }
    float square = 0, top = 0;
    for (int lane = 0; lane < 16; lane++) {
        square += squares[lane];
        top = tops[lane] > top ? tops[lane] : top;
    }
    for (; d < dimension; d++) {
        float size = __builtin_fabsf(vector[d]);
        square += size * size;
        top = size > top ? size : top;
    }
    if (!(square <= __FLT_MAX__)) return -1;
    // A scale so small that its inverse overflows stands for a vector of zeros.
    float inverse = top > 1e-30f ? 127 / top : 0;
    ivf_i16 sums = 0;
    for (d = 0; d + 16 <= dimension; d += 16) {
        ivf_f16 steps = __builtin_elementwise_rint(*(const ivf_f16 *)(vector + d) * inverse);
        ivf_i16 whole = __builtin_convertvector(steps, ivf_i16);
        *(ivf_b16 *)(codes + d) = __builtin_convertvector(whole, ivf_b16);
        sums += whole;
    }
    int32_t sum = 0;
    for (int lane = 0; lane < 16; lane++) sum += sums[lane];
    size_t padded = (dimension + 3) / 4 * 4;
    for (; d < padded; d++) {
        codes[d] = d < dimension ? (int8_t)__builtin_rintf(vector[d] * inverse) : 0;
        sum += codes[d];
    }
    *query = (ck_ivf_query){codes, padded / 4, inverse > 0 ? top / 127 : 0, sum, square};
    return 0;
}

static void ivf_bounds(
    const ck_ivf_query *query, const uint8_t *codes, const float *scales, const float *lengths, size_t block_count,
    float slack, float *bounds, float *ceilings, float *best_ceilings, int32_t *best_lists) {
    ivf_f16 best = -__builtin_inff();
    ivf_i16 where = 0;
    ivf_i16 index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const size_t size = ivf_block_size(query);
    for (size_t block = 0; block < block_count; block++) {
        ivf_i16 products;
        ivf_block_products(query, codes + block * size, &products);
        ivf_f16 p = __builtin_convertvector(products, ivf_f16);
        p *= *(const ivf_f16 *)(scales + block * CK_IVF_BLOCK) * query->scale;
        ivf_f16 rest = query->square - p * p;
        rest = rest > 0 ? rest : 0;
        ivf_sqrt(&rest);
        ivf_f16 bound = p + slack * rest;
        *(ivf_f16 *)(bounds + block * CK_IVF_BLOCK) = bound;
        ivf_f16 length = *(const ivf_f16 *)(lengths + block * CK_IVF_BLOCK);
        ivf_f16 ceiling = (bound > 0 ? bound : 0) * length;
        ceiling = length < 0 ? (ivf_f16)(-__builtin_inff()) : ceiling;
        *(ivf_f16 *)(ceilings + block * CK_IVF_BLOCK) = ceiling;
        ivf_i16 better = ceiling > best;
        best = better ? ceiling : best;
        where = better ? index : where;
        index += CK_IVF_BLOCK;
    }
    *(ivf_f16 *)best_ceilings = best;
    *(ivf_i16 *)best_lists = where;
}

static void ivf_best_of_classes(
    const float *ceilings, size_t block_count, float *best_ceilings, int32_t *best_lists) {
    ivf_f16 best = -__builtin_inff();
    ivf_i16 where = 0;
    ivf_i16 index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (size_t block = 0; block < block_count; block++) {
        ivf_f16 ceiling = *(const ivf_f16 *)(ceilings + block * CK_IVF_BLOCK);
        ivf_i16 better = ceiling > best;
        best = better ? ceiling : best;
        where = better ? index : where;
        index += CK_IVF_BLOCK;
    }
    *(ivf_f16 *)best_ceilings = best;
    *(ivf_i16 *)best_lists = where;
}

static size_t ivf_select(const float *ceilings, size_t count, float threshold, int32_t *numbers) {
    size_t found = 0;
    for (size_t start = 0; start < count; start += CK_IVF_BLOCK) {
        ivf_f16 values = *(const ivf_f16 *)(ceilings + start);
        for (uint32_t mask = ivf_mask_above(&values, threshold); mask; mask &= mask - 1)
            numbers[found++] = (int32_t)start + __builtin_ctz(mask);
    }
    return found;
}

static size_t ivf_scan_codes(
    const ck_ivf_query *query, const uint8_t *codes, const float *facts, size_t block_count, size_t item_count,
    int32_t first_item, float bound, float threshold, ck_ivf_hit *hits, size_t *hit_count) {
    const size_t size = ivf_block_size(query);
    size_t found = 0, block = 0;
    bound = bound > 0 ? bound : 0;
    for (; block < block_count && !(bound * facts[2 * block + 1] <= threshold); block++) {
        ivf_i16 products;
        ivf_block_products(query, codes + block * size, &products);
        ivf_f16 scores = __builtin_convertvector(products, ivf_f16) * (facts[2 * block] * query->scale);
        uint32_t mask = ivf_mask_above(&scores, threshold);
        size_t rest = item_count - block * CK_IVF_BLOCK;
        if (rest < CK_IVF_BLOCK) mask &= (1u << rest) - 1;
        if (!mask) continue;
        float values[CK_IVF_BLOCK];
        *(ivf_f16 *)values = scores;
        for (; mask; mask &= mask - 1) {
            int lane = __builtin_ctz(mask);
            hits[found].item = first_item + (int32_t)(block * CK_IVF_BLOCK) + lane;
            hits[found++].score = values[lane];
        }
    }
    *hit_count = found;
    return block;
}
