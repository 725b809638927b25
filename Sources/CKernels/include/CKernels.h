// SIMD kernels in C, each with a scalar twin that is the oracle in tests. Every kernel is compiled for several
// instruction sets in one binary and chosen once, at run time, by what the processor can do.
//
// The header has one section a family of kernels; a family owns its section and its files.
#pragma once

#include <stddef.h>
#include <stdint.h>

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

/// gram (dims × dims, row-major, leading dimension ld) += rows^T · rows, the upper triangle; what becomes of the lower half of
/// the 16-wide blocks on the diagonal is not said; `rows` is count × dims, row-major, leading dimension `stride`.
/// dims and strides are multiples of 16.
void ck_gram_upper(const float *rows, size_t count, size_t stride, size_t dims, float *gram, size_t ld);

/// out (count × outDims) = rows (count × dims) · matrix (dims × outDims), all row-major; out must not overlap rows.
/// dims, outDims and strides are multiples of 16.
void ck_rows_times_matrix(
    const float *rows, size_t count, size_t stride, size_t dims, const float *matrix, size_t outDims, float *out,
    size_t outStride);

// MARK: - Small symmetric matrices in double (symmetric.c)

/// a (n × n, row-major, the lower triangle counts) becomes lower L with LLᵀ = a. Returns 0, or -1 when a is not positive
/// definite.
int ck_symmetric_cholesky(double *a, size_t n);

/// inverse = L⁻¹ of a lower triangular matrix.
void ck_lower_inverse(const double *lower, double *inverse, size_t n);

/// out = a · b, n × n each; out overlaps neither.
void ck_square_product(const double *a, const double *b, double *out, size_t n);

/// Eigenvalues (in no order) and eigenvectors (row i of `vectors` belongs to values[i]) of a symmetric matrix, which is
/// destroyed. scratch: 3n doubles. Returns 0, or -1 when the iteration does not settle (numbers that are not finite).
int ck_symmetric_eigen(double *a, double *vectors, double *values, double *scratch, size_t n);

// MARK: - One row of implicit ALS (als_body.h, cholesky_body.h, als_scalar.c)
//
// Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008, doi:10.1109/ICDM.2008.22.
// For a user with the entries r_k, and with w = alpha·|r|, b = 1 + w where r > 0 and 0 elsewhere:
//
//     minimise over x:  xᵀ(YᵀY + λI)x + Σ w_k (y_k·x)² − 2 Σ b_k (y_k·x) + Σ b_k
//
// The kernels want the other side's vectors whitened, y ← L⁻¹y where LLᵀ = YᵀY + λI, and answer z = Lᵀx. The matrix of
// the system is then I + Σ w y yᵀ: better conditioned, the Gram matrix costs nothing, and with fewer entries than factors the
// system can be turned over (push-through identity) and has the entries' size:
//
//     P = rows √w_k·y_k,  g_k = b_k/√w_k:   z = (I + PᵀP)⁻¹ Pᵀ g  =  Pᵀ (I + PPᵀ)⁻¹ g

/// Packed rows a workspace has room for: rows with more entries are solved exactly, in blocks.
#define CK_ALS_PANEL_ROWS 4096

/// What the rows of one half iteration share.
typedef struct {
    const float *rows;  // whitened vectors of the other side, `dims` floats each, contiguous
    size_t dims;        // multiple of 16, at least 16
    const float *scale; // null, or `dims` factors every vector is multiplied by (a λ of this row's own)
    float alpha;
    // Where the columns of the whole matrix end, or null: after a row's columns come those of the next row, and its vectors can be
    // on their way while this row is solved.
    const int32_t *columns_end;
    float *workspace; // ck_als_workspace_floats(dims) floats of this thread's own
} ck_als_system;

/// Floats of scratch a thread needs.
size_t ck_als_workspace_floats(size_t dims);

/// Solves a row exactly. solution: `dims` floats. loss: the value of the sum above at the solution.
/// Returns 0, or -1 when the numbers are not finite.
int ck_als_exact(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *solution, double *loss);

/// Takes `steps` conjugate gradient steps from the solution that is there (Takács, Pilászy, Tikk, RecSys 2011,
/// doi:10.1145/2043932.2043987).
int ck_als_conjugate(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, size_t steps, float *solution,
    double *loss);

/// Adds the entries of a part of a long row: matrix (dims × dims, blocks on and above the diagonal) += Σ w y yᵀ,
/// right += Σ b y, target_sum += Σ b. The parts' sums, with 1 added on the diagonal, go to `ck_als_finish`.
void ck_als_accumulate(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *matrix, float *right,
    double *target_sum);

/// Solves matrix · solution = right; matrix is destroyed. Returns as ck_als_exact.
int ck_als_finish(
    const ck_als_system *system, float *matrix, const float *right, double target_sum, float *solution, double *loss);

// MARK: - The most similar rows of all rows (neighbors_body.h, neighbors.c)

/// A row and how similar it is.
typedef struct {
    float score;
    int32_t row;
} ck_neighbor;

/// The best neighbours of a row so far, in no order, and what a newcomer must be above.
typedef struct {
    ck_neighbor *found;
    size_t count;
    size_t capacity; // more than `wanted`; the more, the rarer the list is cut
    size_t wanted;
    float threshold;
} ck_neighbor_list;

/// Offers the rows of the panels start..<end to the sixteen rows of the panel `queries`: those whose inner product is above a
/// list's threshold are added, except the row itself. A panel holds sixteen rows, transposed: panels[(p * dims + d) * 16 +
/// lane]; `row_count` rows there are in all, the last panel is filled up. Panels must be offered in ascending order.
void ck_neighbors(
    const float *panels, size_t dims, size_t queries, size_t start, size_t end, size_t row_count, ck_neighbor_list *lists);

/// Sorts a list, best first, the lower row first among equals, and cuts it to what is wanted.
void ck_neighbors_finish(ck_neighbor_list *list);

// MARK: - Inverted file and k-means (ivf/)

/// Centroids a panel of the assignment kernel.
#define CK_IVF_PANEL 32

/// Vectors a block of codes.
#define CK_IVF_BLOCK 16

/// A query made ready for scanning codes.
typedef struct {
    /// group_count * 4 signed codes, the end filled up with zeros.
    const int8_t *codes;
    /// Groups of four dimensions.
    size_t group_count;
    /// What one step of a code is worth.
    float scale;
    /// Sum of the codes.
    int32_t code_sum;
    /// Squared length.
    float square;
} ck_ivf_query;

/// A vector that was found: layout of Learning's SearchHit.
typedef struct {
    int32_t item;
    float score;
} ck_ivf_hit;

/// The kernels of one instruction set. Codes are bytes, 128 + value, and lie in blocks of 16 vectors, four dimensions of
/// each at a time, so that one register holds a step of all sixteen:
///
///     group 0 │ v0 d0 d1 d2 d3 │ v1 d0 d1 d2 d3 │ … v15 d0 d1 d2 d3 │   64 bytes
///     group 1 │ v0 d4 …
typedef struct {
    ck_isa isa;

    /// scores[i] = <query, vectors[i]> for `count` rows of `dimension` floats.
    void (*scan)(const float *query, const float *vectors, size_t count, size_t dimension, float *scores);

    /// scores[i] = <query, vectors[i]> / |vectors[i]|, 0 for a vector of zeros.
    void (*scan_cosines)(
        const float *query, const float *vectors, size_t count, size_t dimension, float *scores);

    /// best[i] = the centroid c with the highest <points[i], c> + biases[c]; best_scores (or NULL) that value. `panels`
    /// holds CK_IVF_PANEL centroids a panel, transposed: panels[(panel * dimension + d) * CK_IVF_PANEL + lane]; the
    /// lanes that fill the last panel have the bias -infinity.
    void (*assign)(
        const float *points, size_t count, size_t dimension, const float *panels, const float *biases,
        size_t panel_count, int32_t *best, float *best_scores);

    /// Rounds a vector to signed codes (127 for its largest component) and fills in `query`, which keeps pointing at
    /// `codes`: room for (dimension + 3) / 4 * 4. Returns -1, having written nothing of use, when a component or the
    /// squared length is not finite.
    int (*quantize)(const float *vector, size_t dimension, int8_t *codes, ck_ivf_query *query);

    /// For each list l, bounds[l] = p + slack * sqrt(|q|² - p²) where p = <query, centroid>, and ceilings[l] =
    /// max(0, bounds[l]) * lengths[l], or -infinity where lengths[l] < 0. Every list is in the residue class l % 16; the
    /// best ceiling of each class and its list go to best_ceilings and best_lists.
    void (*bounds)(
        const ck_ivf_query *query, const uint8_t *codes, const float *scales, const float *lengths, size_t block_count,
        float slack, float *bounds, float *ceilings, float *best_ceilings, int32_t *best_lists);

    /// The best ceiling of each class and its list, as `bounds` finds them, of ceilings that are there already.
    void (*best_of_classes)(const float *ceilings, size_t block_count, float *best_ceilings, int32_t *best_lists);

    /// Writes the numbers of the ceilings above `threshold`, ascending; returns how many. `count` is a multiple of 16 and
    /// `numbers` has room for 16 more than that.
    size_t (*select)(const float *ceilings, size_t count, float threshold, int32_t *numbers);

    /// Scans blocks of codes until bound * (length of the block) is not above `threshold`, and writes the vectors that
    /// score above it; returns how many blocks it read. `facts` holds a scale and the largest length a block; the last
    /// block may be partly filled: `item_count` vectors in all, numbered from `first_item`.
    size_t (*scan_codes)(
        const ck_ivf_query *query, const uint8_t *codes, const float *facts, size_t block_count, size_t item_count,
        int32_t first_item, float bound, float threshold, ck_ivf_hit *hits, size_t *hit_count);

    /// Replaces the scores of hits by the exact inner products.
    void (*rescore)(const float *query, const float *vectors, size_t dimension, ck_ivf_hit *hits, size_t count);
} ck_ivf_kernels;

/// The kernels of the set in use.
__attribute__((returns_nonnull)) const ck_ivf_kernels *ck_ivf_current(void);

/// The kernels of a set, or NULL when it is not available.
const ck_ivf_kernels *ck_ivf_kernels_of(ck_isa isa);

/// CRC-32C of more bytes after those that gave `crc` (0 for none): with the processor's instruction where it has one.
uint32_t ck_crc32c(uint32_t crc, const void *bytes, size_t count);

/// Packs `count` (at most 16) rows into one block of codes with a common scale, which is returned; a component that is
/// not finite becomes zero.
float ck_ivf_pack(const float *vectors, size_t count, size_t dimension, uint8_t *block);

/// Packs up to 16 rows with a scale each.
void ck_ivf_pack_scaled(const float *vectors, size_t count, size_t dimension, uint8_t *block, float *scales);

/// Asks for `byte_count` bytes to be brought near.
static inline void ck_ivf_prefetch(const void *address, size_t byte_count) {
    for (size_t offset = 0; offset < byte_count; offset += 64) __builtin_prefetch((const char *)address + offset);
}

#ifdef __cplusplus
}
#endif
