// Cholesky of a symmetric positive definite matrix in blocks of 16, and the two triangular solves; included between CK_BEGIN
// and CK_END, after dense_body.h and transpose_body.h.
//
// A = UᵀU with U upper, row-major, in place. Block row by block row (left-looking): a tile of 16 × 16 is read once, everything
// above is subtracted from it in registers by the same outer product that forms Gram matrices, then it is finished:
//
//     ┌────┬────┬────┐
//     │ U₀₀│ U₀₁│ U₀₂│   tile (i, j) = A(i, j) − Σ_{k<i} U(k, i)ᵀ U(k, j)
//     └────┼────┼────┤   diagonal:      factor
//          │ U₁₁│ … │   off diagonal:  U(i, i)⁻ᵀ · tile
//
// On the diagonal the square-root-free form is kept beside U (U = S·V, S the square roots of the pivots, V unit upper):
// the chain of dependent operations of a triangular solve is then one multiply-add a step instead of three.

/// The parts of a factor that are not in the matrix: strictly upper rows of V, strictly upper columns of V (both 16 floats a
/// row of the matrix), and the inverse square roots of the pivots.
typedef struct {
    float *unitRows;
    float *unitColumns;
    float *inverse;
} CK(diagonal);

/// Factors a diagonal tile. Returns the smallest pivot (NaN when there is one).
CK_INLINE float factor_block(float *a, size_t ld, CK(diagonal) diagonal) {
    vf row[16][BV];
    CK_UNROLL for (int r = 0; r < 16; r++)
        CK_UNROLL for (int v = 0; v < BV; v++) row[r][v] = load(a + (size_t)r * ld + v * VW);
    float least = __builtin_inff();
    CK_UNROLL for (int r = 0; r < 16; r++) {
        float pivot = row[r][r / VW][r % VW];
        float reciprocal = 1.0f / pivot;
        least = pivot < least || pivot != pivot ? pivot : least;
        vf scaled[BV];
        CK_UNROLL for (int v = 0; v < BV; v++) scaled[v] = row[r][v] * splat(reciprocal);
        CK_UNROLL for (int s = r + 1; s < 16; s++) {
            vf l = splat(-row[r][s / VW][s % VW]);
            CK_UNROLL for (int v = 0; v < BV; v++) row[s][v] = fma_(l, scaled[v], row[s][v]);
        }
        float inverse = 1.0f / __builtin_sqrtf(pivot);
        diagonal.inverse[r] = inverse;
        CK_UNROLL for (int v = 0; v < BV; v++) {
            vf upper = row[r][v] * splat(inverse);
            CK_UNROLL for (int l = 0; l < VW; l++) {
                if (v * VW + l < r) upper[l] = 0;
                if (v * VW + l <= r) scaled[v][l] = 0;
            }
            store(a + (size_t)r * ld + v * VW, upper);
            store(diagonal.unitRows + 16 * r + v * VW, scaled[v]);
        }
    }
    transpose_block(diagonal.unitRows, 16, diagonal.unitColumns, 16);
    return least;
}

/// tile ← U(i, i)⁻ᵀ · tile, one vector of columns at a time so that all sixteen rows stay in registers.
CK_INLINE void substitute_block(float *a, size_t ld, CK(diagonal) diagonal) {
    for (int v = 0; v < BV; v++) {
        vf row[16];
        CK_UNROLL for (int r = 0; r < 16; r++) row[r] = load(a + (size_t)r * ld + v * VW);
        CK_UNROLL for (int s = 0; s < 15; s++)
            CK_UNROLL for (int r = s + 1; r < 16; r++) row[r] = fma_(splat(-diagonal.unitRows[16 * s + r]), row[s], row[r]);
        CK_UNROLL for (int r = 0; r < 16; r++)
            store(a + (size_t)r * ld + v * VW, row[r] * splat(diagonal.inverse[r]));
    }
}

/// Factors a (size × size, size a multiple of 16; only blocks on and above the diagonal are read and written).
/// Returns 0, or -1 when the matrix is not positive definite or not finite.
static int CK(factor)(float *a, size_t size, CK(diagonal) diagonal) {
    for (size_t i = 0; i < size; i += 16) {
        CK(diagonal) here = {diagonal.unitRows + 16 * i, diagonal.unitColumns + 16 * i, diagonal.inverse + i};
        for (size_t j = i; j < size; j += 16) {
            if (i > 0) {
                for (size_t r = 0; r < 16; r += TILE_ROWS) {
                    vf tile[TILE_ROWS][BV];
                    float *corner = a + (i + r) * size + j;
                    tile_load(tile, corner, size);
                    outer_subtract(tile, a + i + r, size, a + j, size, i);
                    tile_store(tile, corner, size);
                }
            }
            if (j > i) {
                substitute_block(a + i * size + j, size, here);
            } else if (!(factor_block(a + i * size + i, size, here) > 0)) {
                return -1;
            }
        }
    }
    return 0;
}

/// Solves UᵀU x = b in place of b.
static void CK(solve)(const float *a, size_t size, CK(diagonal) diagonal, float *b) {
    for (size_t i = 0; i < size; i += 16) {
        vf x[BV];
        CK_UNROLL for (int v = 0; v < BV; v++) x[v] = load(b + i + v * VW);
        CK_UNROLL for (int r = 0; r < 15; r++) {
            vf value = splat(-x[r / VW][r % VW]);
            CK_UNROLL for (int v = 0; v < BV; v++)
                x[v] = fma_(value, load(diagonal.unitRows + 16 * (i + (size_t)r) + v * VW), x[v]);
        }
        CK_UNROLL for (int v = 0; v < BV; v++) {
            x[v] = x[v] * load(diagonal.inverse + i + v * VW);
            store(b + i + v * VW, x[v]);
        }
        for (size_t j = i + 16; j < size; j += VW) {
            vf sum = load(b + j), other = splat(0);
            CK_UNROLL for (size_t r = 0; r < 16; r += 2) {
                sum = fma_(splat(-b[i + r]), load(a + (i + r) * size + j), sum);
                other = fma_(splat(-b[i + r + 1]), load(a + (i + r + 1) * size + j), other);
            }
            store(b + j, sum + other);
        }
    }
    for (size_t i = size; i > 0;) {
        i -= 16;
        vf x[BV];
        CK_UNROLL for (int v = 0; v < BV; v++) x[v] = load(b + i + v * VW);
        if (i + 16 < size) {
            for (int v = 0; v < BV; v++) {
                vf sums[VW] = {};
                for (size_t j = i + 16; j < size; j += VW) {
                    vf known = load(b + j);
                    CK_UNROLL for (int r = 0; r < VW; r++)
                        sums[r] = fma_(load(a + (i + (size_t)(v * VW + r)) * size + j), known, sums[r]);
                }
                x[v] = x[v] - sum_each(sums);
            }
        }
        CK_UNROLL for (int v = 0; v < BV; v++) x[v] = x[v] * load(diagonal.inverse + i + v * VW);
        CK_UNROLL for (int r = 15; r > 0; r--) {
            vf value = splat(-x[r / VW][r % VW]);
            CK_UNROLL for (int v = 0; v < BV; v++)
                x[v] = fma_(value, load(diagonal.unitColumns + 16 * (i + (size_t)r) + v * VW), x[v]);
        }
        CK_UNROLL for (int v = 0; v < BV; v++) store(b + i + v * VW, x[v]);
    }
}
