// Dense vectors and Gram matrices for one instruction set; included between CK_BEGIN and CK_END.

float CK(dot)(const float *a, const float *b, size_t count) {
    // Four sums hide the latency of the fused multiply-add.
    vf s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 * VW <= count; i += 4 * VW) {
        s0 = fma_(load(a + i), load(b + i), s0);
        s1 = fma_(load(a + i + VW), load(b + i + VW), s1);
        s2 = fma_(load(a + i + 2 * VW), load(b + i + 2 * VW), s2);
        s3 = fma_(load(a + i + 3 * VW), load(b + i + 3 * VW), s3);
    }
    for (; i + VW <= count; i += VW) s0 = fma_(load(a + i), load(b + i), s0);
    float sum = sum_lanes((s0 + s1) + (s2 + s3));
    for (; i < count; i++) sum = __builtin_fmaf(a[i], b[i], sum);
    return sum;
}

void CK(axpy)(float scale, const float *x, float *y, size_t count) {
    vf s = splat(scale);
    size_t i = 0;
    for (; i + VW <= count; i += VW) store(y + i, fma_(s, load(x + i), load(y + i)));
    for (; i < count; i++) y[i] = __builtin_fmaf(scale, x[i], y[i]);
}

/// tile (TILE_ROWS × 16) += sum over k of left[k][0..TILE_ROWS) ⊗ right[k][0..16): the inner loop of every product here.
/// A tile stays in registers over the whole of k; the left values come in as broadcast operands.
CK_INLINE void outer_accumulate(
    vf tile[TILE_ROWS][BV], const float *left, size_t leftStride, const float *right, size_t rightStride, size_t depth) {
    for (size_t k = 0; k < depth; k++) {
        vf r[BV];
        CK_UNROLL for (int v = 0; v < BV; v++) r[v] = load(right + v * VW);
        CK_UNROLL for (int i = 0; i < TILE_ROWS; i++) {
            vf l = splat(left[i]);
            CK_UNROLL for (int v = 0; v < BV; v++) tile[i][v] = fma_(l, r[v], tile[i][v]);
        }
        left += leftStride;
        right += rightStride;
    }
}

/// The same with a minus.
CK_INLINE void outer_subtract(
    vf tile[TILE_ROWS][BV], const float *left, size_t leftStride, const float *right, size_t rightStride, size_t depth) {
    for (size_t k = 0; k < depth; k++) {
        vf r[BV];
        CK_UNROLL for (int v = 0; v < BV; v++) r[v] = -load(right + v * VW);
        CK_UNROLL for (int i = 0; i < TILE_ROWS; i++) {
            vf l = splat(left[i]);
            CK_UNROLL for (int v = 0; v < BV; v++) tile[i][v] = fma_(l, r[v], tile[i][v]);
        }
        left += leftStride;
        right += rightStride;
    }
}

CK_INLINE void tile_load(vf tile[TILE_ROWS][BV], const float *from, size_t ld) {
    CK_UNROLL for (int i = 0; i < TILE_ROWS; i++)
        CK_UNROLL for (int v = 0; v < BV; v++) tile[i][v] = load(from + (size_t)i * ld + v * VW);
}

CK_INLINE void tile_store(vf tile[TILE_ROWS][BV], float *to, size_t ld) {
    CK_UNROLL for (int i = 0; i < TILE_ROWS; i++)
        CK_UNROLL for (int v = 0; v < BV; v++) store(to + (size_t)i * ld + v * VW, tile[i][v]);
}

#if defined(CK_TARGET_AVX512)
/// The upper triangle of a block on the diagonal: what lies left of the diagonal is not worth a register, so the first eight
/// rows have sixteen columns and the others eight. A quarter less than a square tile.
CK_INLINE void gram_diagonal(const float *rows, size_t stride, size_t count, float *gram, size_t ld) {
    vf upper[8];
    half_vf lower[8];
    CK_UNROLL for (int i = 0; i < 8; i++) {
        upper[i] = load(gram + (size_t)i * ld);
        lower[i] = load_half(gram + (size_t)(i + 8) * ld + 8);
    }
    for (size_t k = 0; k < count; k++) {
        vf row = load(rows);
        half_vf end = row.hi;
        CK_UNROLL for (int i = 0; i < 8; i++) {
            upper[i] = fma_(splat(rows[i]), row, upper[i]);
            lower[i] = __builtin_elementwise_fma((half_vf)(rows[i + 8]), end, lower[i]);
        }
        rows += stride;
    }
    CK_UNROLL for (int i = 0; i < 8; i++) {
        store(gram + (size_t)i * ld, upper[i]);
        store_half(gram + (size_t)(i + 8) * ld + 8, lower[i]);
    }
}
#endif

void CK(gram_upper)(const float *rows, size_t count, size_t stride, size_t dims, float *gram, size_t ld) {
    for (size_t i = 0; i < dims; i += TILE_ROWS) {
        size_t j = i / 16 * 16;
#if defined(CK_TARGET_AVX512)
        gram_diagonal(rows + i, stride, count, gram + i * ld + i, ld);
        j += 16;
#endif
        for (; j < dims; j += 16) {
            vf tile[TILE_ROWS][BV];
            tile_load(tile, gram + i * ld + j, ld);
            outer_accumulate(tile, rows + i, stride, rows + j, stride, count);
            tile_store(tile, gram + i * ld + j, ld);
        }
    }
}

void CK(rows_times_matrix)(
    const float *rows, size_t count, size_t stride, size_t dims, const float *matrix, size_t outDims, float *out,
    size_t outStride) {
    size_t n = 0;
    // TILE_ROWS rows at a time share each row of the matrix; the left values of a tile lie `stride` apart.
    for (; n + TILE_ROWS <= count; n += TILE_ROWS) {
        for (size_t j = 0; j < outDims; j += 16) {
            vf tile[TILE_ROWS][BV] = {};
            for (size_t k = 0; k < dims; k++) {
                vf r[BV];
                CK_UNROLL for (int v = 0; v < BV; v++) r[v] = load(matrix + k * outDims + j + v * VW);
                CK_UNROLL for (int i = 0; i < TILE_ROWS; i++) {
                    vf l = splat(rows[(n + (size_t)i) * stride + k]);
                    CK_UNROLL for (int v = 0; v < BV; v++) tile[i][v] = fma_(l, r[v], tile[i][v]);
                }
            }
            tile_store(tile, out + n * outStride + j, outStride);
        }
    }
    for (; n < count; n++) {
        for (size_t j = 0; j < outDims; j += 16) {
            vf sums[BV] = {};
            for (size_t k = 0; k < dims; k++) {
                vf l = splat(rows[n * stride + k]);
                CK_UNROLL for (int v = 0; v < BV; v++) sums[v] = fma_(l, load(matrix + k * outDims + j + v * VW), sums[v]);
            }
            CK_UNROLL for (int v = 0; v < BV; v++) store(out + n * outStride + j + v * VW, sums[v]);
        }
    }
}
