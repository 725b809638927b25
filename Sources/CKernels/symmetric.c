// Small symmetric matrices in double: what is done once a half iteration, not once a row.
#include "include/CKernels.h"

#include <math.h>

int ck_symmetric_cholesky(double *a, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (size_t j = 0; j <= i; j++) {
            const double *other = a + j * n;
            double sum = row[j];
            for (size_t k = 0; k < j; k++) sum -= row[k] * other[k];
            if (j < i) {
                row[j] = sum / other[j];
            } else {
                if (!(sum > 0)) return -1;
                row[i] = sqrt(sum);
            }
        }
        for (size_t j = i + 1; j < n; j++) row[j] = 0;
    }
    return 0;
}

void ck_lower_inverse(const double *lower, double *inverse, size_t n) {
    // Row i of the inverse: (e_i − Σ_{k<i} L[i][k] · row k) / L[i][i]; whole rows, so that the loop vectorises.
    for (size_t i = 0; i < n; i++) {
        double *row = inverse + i * n;
        for (size_t j = 0; j < n; j++) row[j] = 0;
        row[i] = 1;
        for (size_t k = 0; k < i; k++) {
            double factor = lower[i * n + k];
            const double *known = inverse + k * n;
            for (size_t j = 0; j <= k; j++) row[j] -= factor * known[j];
        }
        for (size_t j = 0; j <= i; j++) row[j] /= lower[i * n + i];
    }
}

void ck_square_product(const double *a, const double *b, double *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double *row = out + i * n;
        for (size_t j = 0; j < n; j++) row[j] = 0;
        for (size_t k = 0; k < n; k++) {
            double factor = a[i * n + k];
            if (factor == 0) continue;
            const double *other = b + k * n;
            for (size_t j = 0; j < n; j++) row[j] += factor * other[j];
        }
    }
}

/// Householder's reduction of a symmetric matrix to tridiagonal form (Golub and Van Loan, Matrix Computations, §8.3.1):
/// q (rows are the basis) · a · qᵀ = tridiagonal(diagonal, below).
static void reduce_to_tridiagonal(double *a, double *q, double *diagonal, double *below, double *v, double *p, size_t n) {
    for (size_t i = 0; i < n * n; i++) q[i] = 0;
    for (size_t i = 0; i < n; i++) q[i * n + i] = 1;
    for (size_t k = 0; k + 2 < n; k++) {
        double norm = 0;
        for (size_t i = k + 1; i < n; i++) norm += a[k * n + i] * a[k * n + i];
        norm = sqrt(norm);
        if (norm == 0) continue;
        double alpha = a[k * n + k + 1] > 0 ? -norm : norm;
        for (size_t i = 0; i < n; i++) v[i] = i > k ? a[k * n + i] : 0;
        v[k + 1] -= alpha;
        double square = 0;
        for (size_t i = k + 1; i < n; i++) square += v[i] * v[i];
        if (square == 0) continue;
        double beta = 2 / square;
        // a ← H a H with H = I − β v vᵀ: p = β a v, w = p − (β/2)(pᵀv) v, a ← a − v wᵀ − w vᵀ.
        double projection = 0;
        for (size_t i = k; i < n; i++) {
            double sum = 0;
            for (size_t j = k + 1; j < n; j++) sum += a[i * n + j] * v[j];
            p[i] = beta * sum;
            projection += p[i] * v[i];
        }
        for (size_t i = k; i < n; i++) p[i] -= beta / 2 * projection * v[i];
        for (size_t i = k; i < n; i++)
            for (size_t j = k; j < n; j++) a[i * n + j] -= v[i] * p[j] + p[i] * v[j];
        // q ← H q.
        for (size_t j = 0; j < n; j++) p[j] = 0;
        for (size_t i = k + 1; i < n; i++)
            for (size_t j = 0; j < n; j++) p[j] += v[i] * q[i * n + j];
        for (size_t i = k + 1; i < n; i++) {
            double factor = beta * v[i];
            for (size_t j = 0; j < n; j++) q[i * n + j] -= factor * p[j];
        }
    }
    for (size_t i = 0; i < n; i++) diagonal[i] = a[i * n + i];
    for (size_t i = 0; i + 1 < n; i++) below[i] = a[(i + 1) * n + i];
    if (n > 0) below[n - 1] = 0;
}

/// Implicit QR with Wilkinson's shift on a symmetric tridiagonal matrix (Golub and Van Loan, §8.3.3–8.3.5); the rotations
/// are applied to the rows of q, which are contiguous.
static int diagonalise(double *diagonal, double *below, double *q, size_t n) {
    size_t end = n;
    size_t budget = 60 * n + 60;
    while (end > 1) {
        size_t last = end - 1;
        if (fabs(below[last - 1]) <= 1e-16 * (fabs(diagonal[last - 1]) + fabs(diagonal[last]))) {
            below[last - 1] = 0;
            end--;
            continue;
        }
        if (budget-- == 0) return -1;
        size_t first = last - 1;
        while (first > 0 && fabs(below[first - 1]) > 1e-16 * (fabs(diagonal[first - 1]) + fabs(diagonal[first]))) first--;
        if (first > 0) below[first - 1] = 0;
        double half = (diagonal[last - 1] - diagonal[last]) / 2, off = below[last - 1];
        double root = hypot(half, off);
        double shift = diagonal[last] - off * off / (half + (half >= 0 ? root : -root));
        double x = diagonal[first] - shift, z = below[first];
        for (size_t k = first; k < last; k++) {
            double r = hypot(x, z), c = r == 0 ? 1 : x / r, s = r == 0 ? 0 : z / r;
            if (k > first) below[k - 1] = r;
            double a = diagonal[k], b = below[k], d = diagonal[k + 1];
            diagonal[k] = c * c * a + 2 * c * s * b + s * s * d;
            diagonal[k + 1] = s * s * a - 2 * c * s * b + c * c * d;
            below[k] = c * s * (d - a) + (c * c - s * s) * b;
            if (k + 1 < last) {
                x = below[k];
                z = s * below[k + 1];
                below[k + 1] *= c;
            }
            double *upper = q + k * n, *lower = q + (k + 1) * n;
            for (size_t j = 0; j < n; j++) {
                double u = upper[j], l = lower[j];
                upper[j] = c * u + s * l;
                lower[j] = c * l - s * u;
            }
        }
    }
    return 0;
}

int ck_symmetric_eigen(double *a, double *vectors, double *values, double *scratch, size_t n) {
    reduce_to_tridiagonal(a, vectors, values, scratch, scratch + n, scratch + 2 * n, n);
    return diagonalise(values, scratch, vectors, n);
}
