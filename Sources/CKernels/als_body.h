// One row of implicit ALS for one instruction set; included between CK_BEGIN and CK_END, after cholesky_body.h.
// What is computed, and in which coordinates: see the section in include/CKernels.h.

/// Rows of a packed panel that are formed into a Gram matrix at once: as much as the first cache levels hold.
#define CK_GRAM_ROWS 128

/// How many rows ahead of the one that is packed are asked for.
#define CK_PREFETCH_ROWS 12

typedef struct {
    float *panel;    // packed rows √w·y, CK_ALS_PANEL_ROWS × dims
    float *turned;   // the panel transposed, dims × dims
    float *matrix;   // dims × dims
    float *target;   // b/√w a packed row
    float *product;  // panel · solution
    float *step;     // panel · direction
    float *residual; // dims
    float *direction;
    float *image;
    CK(diagonal) diagonal;
} CK(als_scratch);

CK_INLINE CK(als_scratch) als_scratch_in(float *p, size_t dims) {
    CK(als_scratch) s;
    s.panel = p, p += CK_ALS_PANEL_ROWS * dims;
    s.turned = p, p += dims * dims;
    s.matrix = p, p += dims * dims;
    s.target = p, p += CK_ALS_PANEL_ROWS;
    s.product = p, p += CK_ALS_PANEL_ROWS;
    s.step = p, p += CK_ALS_PANEL_ROWS;
    s.residual = p, p += dims;
    s.direction = p, p += dims;
    s.image = p, p += dims;
    s.diagonal.unitRows = p, p += 16 * dims;
    s.diagonal.unitColumns = p, p += 16 * dims;
    s.diagonal.inverse = p;
    return s;
}

CK_INLINE size_t round_up_16(size_t n) { return (n + 15) & ~(size_t)15; }

/// Packs √w·scale∘y for `count` entries into rows of the panel, zero rows up to a multiple of 16, and b/√w into target.
/// Returns the sum of b. Rows ahead are prefetched, beyond the end of a short row too: they lie anywhere in memory.
CK_INLINE double pack_rows(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *panel, float *target) {
    const size_t dims = system->dims;
    const float *scale = system->scale;
    double sum = 0;
    const int32_t *end = system->columns_end ? system->columns_end : columns + count;
    for (size_t k = 0; k < count; k++) {
        if (end - (columns + k) > CK_PREFETCH_ROWS) {
            const char *ahead = (const char *)(system->rows + (size_t)columns[k + CK_PREFETCH_ROWS] * dims);
            for (size_t line = 0; line < dims * sizeof(float); line += 64) __builtin_prefetch(ahead + line);
        }
        const float *y = system->rows + (size_t)columns[k] * dims;
        float weight = system->alpha * __builtin_fabsf(values[k]);
        float b = values[k] > 0 ? 1 + weight : 0;
        float root = __builtin_sqrtf(weight);
        target[k] = b > 0 ? b / root : 0;
        sum += b;
        vf r = splat(root);
        if (scale)
            for (size_t d = 0; d < dims; d += VW) store(panel + d, r * load(y + d) * load(scale + d));
        else
            for (size_t d = 0; d < dims; d += VW) store(panel + d, r * load(y + d));
        panel += dims;
    }
    for (size_t k = count; k < round_up_16(count); k++) {
        target[k] = 0;
        for (size_t d = 0; d < dims; d += VW) store(panel + d, splat(0));
        panel += dims;
    }
    return sum;
}

/// product = panel · x for 16 rows.
CK_INLINE void dot_rows(const float *panel, size_t dims, const float *x, float *product) {
    for (int v = 0; v < BV; v++) {
        const float *rows = panel + (size_t)(v * VW) * dims;
        vf sums[VW] = {};
        for (size_t d = 0; d < dims; d += VW) {
            vf value = load(x + d);
            CK_UNROLL for (int i = 0; i < VW; i++) sums[i] = fma_(load(rows + (size_t)i * dims + d), value, sums[i]);
        }
        store(product + v * VW, sum_each(sums));
    }
}

/// out += panelᵀ · coefficients for 16 rows.
CK_INLINE void add_rows(const float *panel, size_t dims, const float *coefficients, float *out) {
    for (size_t d = 0; d < dims; d += VW) {
        vf sum = load(out + d), other = splat(0);
        CK_UNROLL for (size_t i = 0; i < 16; i += 2) {
            sum = fma_(splat(coefficients[i]), load(panel + i * dims + d), sum);
            other = fma_(splat(coefficients[i + 1]), load(panel + (i + 1) * dims + d), other);
        }
        store(out + d, sum + other);
    }
}

/// matrix = 1 on the diagonal, 0 elsewhere (blocks on and above the diagonal).
CK_INLINE void set_identity(float *matrix, size_t size) {
    for (size_t i = 0; i < size; i++) {
        for (size_t j = i / 16 * 16; j < size; j += VW) store(matrix + i * size + j, splat(0));
        matrix[i * size + i] = 1;
    }
}

void CK(als_accumulate)(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *matrix, float *right,
    double *target_sum) {
    const size_t dims = system->dims;
    CK(als_scratch) s = als_scratch_in(system->workspace, dims);
    for (size_t start = 0; start < count; start += CK_GRAM_ROWS) {
        size_t rows = count - start < CK_GRAM_ROWS ? count - start : CK_GRAM_ROWS;
        *target_sum += pack_rows(system, columns + start, values + start, rows, s.panel, s.target);
        CK(gram_upper)(s.panel, rows, dims, dims, matrix, dims);
        for (size_t k = 0; k < round_up_16(rows); k += 16) add_rows(s.panel + k * dims, dims, s.target + k, right);
    }
}

int CK(als_finish)(const ck_als_system *system, float *matrix, const float *right, double target_sum, float *solution, double *loss) {
    const size_t dims = system->dims;
    CK(als_scratch) s = als_scratch_in(system->workspace, dims);
    for (size_t d = 0; d < dims; d++) solution[d] = right[d];
    if (CK(factor)(matrix, dims, s.diagonal) != 0) return -1;
    CK(solve)(matrix, dims, s.diagonal, solution);
    // The objective at its minimum: Σb − z·rhs.
    *loss = target_sum - (double)CK(dot)(solution, right, dims);
    return 0;
}

/// Fewer entries than factors: z = Pᵀ (I + PPᵀ)⁻¹ g, a system of the entries' size.
static int CK(als_exact_small)(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *solution, double *loss) {
    const size_t dims = system->dims, size = round_up_16(count);
    CK(als_scratch) s = als_scratch_in(system->workspace, dims);
    double sum = pack_rows(system, columns, values, count, s.panel, s.target);
    for (size_t k = 0; k < size; k += 16)
        for (size_t d = 0; d < dims; d += 16) transpose_block(s.panel + k * dims + d, dims, s.turned + d * size + k, size);
    set_identity(s.matrix, size);
    CK(gram_upper)(s.turned, dims, size, size, s.matrix, size);
    if (CK(factor)(s.matrix, size, s.diagonal) != 0) return -1;
    for (size_t k = 0; k < size; k += VW) store(s.step + k, load(s.target + k));
    CK(solve)(s.matrix, size, s.diagonal, s.step);
    for (size_t d = 0; d < dims; d += VW) store(solution + d, splat(0));
    for (size_t k = 0; k < size; k += 16) add_rows(s.panel + k * dims, dims, s.step + k, solution);
    // z·rhs = g·PPᵀt = g·(g − t).
    double fitted = 0;
    for (size_t k = 0; k < size; k++) fitted += (double)s.target[k] * (s.target[k] - s.step[k]);
    *loss = sum - fitted;
    return 0;
}

int CK(als_exact)(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *solution, double *loss) {
    const size_t dims = system->dims;
    if (round_up_16(count) < dims) return CK(als_exact_small)(system, columns, values, count, solution, loss);
    CK(als_scratch) s = als_scratch_in(system->workspace, dims);
    double sum = 0;
    set_identity(s.matrix, dims);
    for (size_t d = 0; d < dims; d++) s.residual[d] = 0;
    CK(als_accumulate)(system, columns, values, count, s.matrix, s.residual, &sum);
    return CK(als_finish)(system, s.matrix, s.residual, sum, solution, loss);
}

int CK(als_conjugate)(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, size_t steps, float *solution,
    double *loss) {
    const size_t dims = system->dims, size = round_up_16(count);
    if (count > CK_ALS_PANEL_ROWS) return CK(als_exact)(system, columns, values, count, solution, loss);
    CK(als_scratch) s = als_scratch_in(system->workspace, dims);
    double sum = pack_rows(system, columns, values, count, s.panel, s.target);
    // r = Pᵀ(g − Pz) − z
    for (size_t d = 0; d < dims; d += VW) store(s.residual + d, -load(solution + d));
    for (size_t k = 0; k < size; k += 16) {
        dot_rows(s.panel + k * dims, dims, solution, s.product + k);
        for (size_t i = k; i < k + 16; i += VW) store(s.step + i, load(s.target + i) - load(s.product + i));
        add_rows(s.panel + k * dims, dims, s.step + k, s.residual);
    }
    float square = CK(dot)(s.residual, s.residual, dims);
    for (size_t d = 0; d < dims; d += VW) store(s.direction + d, load(s.residual + d));
    for (size_t iteration = 0; iteration < steps && square > 1e-20f; iteration++) {
        const int last = iteration + 1 == steps;
        // A·p = p + Pᵀ(P p), and p·A·p = p·p + |P p|², so the last step needs no second half.
        for (size_t d = 0; d < dims; d += VW) store(s.image + d, load(s.direction + d));
        for (size_t k = 0; k < size; k += 16) {
            dot_rows(s.panel + k * dims, dims, s.direction, s.step + k);
            if (!last) add_rows(s.panel + k * dims, dims, s.step + k, s.image);
        }
        float curvature = CK(dot)(s.direction, s.direction, dims) + CK(dot)(s.step, s.step, size);
        float length = square / curvature;
        CK(axpy)(length, s.direction, solution, dims);
        CK(axpy)(length, s.step, s.product, size);
        if (last) break;
        CK(axpy)(-length, s.image, s.residual, dims);
        float next = CK(dot)(s.residual, s.residual, dims);
        vf ratio = splat(next / square);
        for (size_t d = 0; d < dims; d += VW)
            store(s.direction + d, fma_(ratio, load(s.direction + d), load(s.residual + d)));
        square = next;
    }
    // Σb − 2 g·Pz + |Pz|² + |z|²
    float crossed = CK(dot)(s.target, s.product, size), fitted = CK(dot)(s.product, s.product, size);
    float norm = CK(dot)(solution, solution, dims);
    *loss = sum - 2 * (double)crossed + (double)fitted + (double)norm;
    return *loss == *loss ? 0 : -1;
}
