// SIMD kernels in C, each with a scalar twin that is the oracle in tests. Every kernel is compiled for several
// instruction sets in one binary and chosen once, at run time, by what the processor can do.
//
// The header has one section a family of kernels; a family owns its section and its files.
#pragma once

#include <stddef.h>
#include <stdint.h>

// MARK: inverted file and k-means (ivf/)

// Centroids a panel: the assignment kernel reads them side by side, dimension after dimension.
#define CK_IVF_PANEL 32

// The builds this CPU can run, worst (0, scalar) to best, for tests and benchmarks.
size_t ck_ivf_variant_count(void);
const char *ck_ivf_variant_name(size_t variant);

// scores[i] = <query, vectors[i]> for `count` rows of `dimension` floats.
void ck_ivf_scan(const float *query, const float *vectors, size_t count, size_t dimension, float *scores);
void ck_ivf_scan_with(size_t variant, const float *query, const float *vectors, size_t count, size_t dimension,
                         float *scores);

// best[i] = the centroid c with the highest <points[i], c> + biases[c]; best_scores (or NULL) that value. `panels` holds
// CK_IVF_PANEL centroids a panel, transposed: panels[(panel * dimension + d) * CK_IVF_PANEL + lane]; the lanes
// that fill the last panel have the bias -infinity.
void ck_ivf_assign(const float *points, size_t count, size_t dimension, const float *panels, const float *biases,
                      size_t panel_count, int32_t *best, float *best_scores);
void ck_ivf_assign_with(size_t variant, const float *points, size_t count, size_t dimension, const float *panels,
                           const float *biases, size_t panel_count, int32_t *best, float *best_scores);

#ifdef __cplusplus
extern "C" {
#endif

// MARK: - Instruction sets (dispatch.c)

/// Instruction sets a kernel may be compiled for, from the plainest up.
typedef enum {
    CK_ISA_SCALAR = 0,
    CK_ISA_NEON = 1,
    CK_ISA_AVX2 = 2,   // with FMA
    CK_ISA_AVX512 = 3, // F, VL, BW, DQ
} ck_isa;

/// Whether this binary has kernels for `isa` and this processor can run them.
int ck_isa_available(ck_isa isa);

/// The set in use: the best one available, unless the environment's SEGUE_ISA (scalar, neon, avx2, avx512) or
/// `ck_isa_use` says otherwise.
ck_isa ck_isa_current(void);

/// Takes another set for the calling thread: for tests. Returns 0, or -1 when it is not available.
int ck_isa_use(ck_isa isa);

/// Lower-case name of a set.
const char *ck_isa_name(ck_isa isa);

// MARK: - Dense vectors and Gram matrices (dense_body.h, dense_scalar.c)

/// Sum of a[i] * b[i].
float ck_dot(const float *a, const float *b, size_t count);

/// y[i] += scale * x[i].
void ck_axpy(float scale, const float *x, float *y, size_t count);

/// gram (dims × dims, row-major, leading dimension ld) += rows^T · rows, the upper triangle and whatever of the lower lies
/// in the 16-wide blocks on the diagonal; `rows` is count × dims, row-major, leading dimension `stride`.
/// dims and strides are multiples of 16.
void ck_gram_upper(const float *rows, size_t count, size_t stride, size_t dims, float *gram, size_t ld);

/// out (count × outDims) = rows (count × dims) · matrix (dims × outDims), all row-major; out must not overlap rows.
/// dims, outDims and strides are multiples of 16.
void ck_rows_times_matrix(
    const float *rows, size_t count, size_t stride, size_t dims, const float *matrix, size_t outDims, float *out,
    size_t outStride);

#ifdef __cplusplus
}
#endif
