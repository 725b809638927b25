// The oracles of als_body.h: the textbook normal equations in double, and textbook conjugate gradients on them.
#include "kernels.h"

#include <math.h>

/// Value d of the (scaled) vector of an entry.
static double entry(const ck_als_system *system, int32_t column, size_t d) {
    double y = system->rows[(size_t)column * system->dims + d];
    return system->scale ? y * system->scale[d] : y;
}

static double weight_of(const ck_als_system *system, float value) { return (double)system->alpha * fabs((double)value); }

void ck_scalar_als_accumulate(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *matrix, float *right,
    double *target_sum) {
    size_t dims = system->dims;
    for (size_t k = 0; k < count; k++) {
        double w = weight_of(system, values[k]), b = values[k] > 0 ? 1 + w : 0;
        *target_sum += b;
        for (size_t i = 0; i < dims; i++) {
            double y = entry(system, columns[k], i);
            right[i] += (float)(b * y);
            for (size_t j = i; j < dims; j++) matrix[i * dims + j] += (float)(w * y * entry(system, columns[k], j));
        }
    }
}

int ck_scalar_als_finish(
    const ck_als_system *system, float *matrix, const float *right, double target_sum, float *solution, double *loss) {
    size_t dims = system->dims;
    for (size_t i = 0; i < dims; i++) {
        for (size_t j = i; j < dims; j++) {
            double sum = matrix[i * dims + j];
            for (size_t k = 0; k < i; k++) sum -= (double)matrix[k * dims + i] * matrix[k * dims + j];
            if (j == i) {
                if (!(sum > 0)) return -1;
                matrix[i * dims + i] = (float)sqrt(sum);
            } else {
                matrix[i * dims + j] = (float)(sum / matrix[i * dims + i]);
            }
        }
    }
    for (size_t i = 0; i < dims; i++) {
        double sum = right[i];
        for (size_t k = 0; k < i; k++) sum -= (double)matrix[k * dims + i] * solution[k];
        solution[i] = (float)(sum / matrix[i * dims + i]);
    }
    for (size_t i = dims; i-- > 0;) {
        double sum = solution[i];
        for (size_t k = i + 1; k < dims; k++) sum -= (double)matrix[i * dims + k] * solution[k];
        solution[i] = (float)(sum / matrix[i * dims + i]);
    }
    double fitted = 0;
    for (size_t i = 0; i < dims; i++) fitted += (double)solution[i] * right[i];
    *loss = target_sum - fitted;
    return 0;
}

int ck_scalar_als_exact(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, float *solution, double *loss) {
    size_t dims = system->dims;
    float *matrix = system->workspace, *right = matrix + dims * dims;
    double sum = 0;
    for (size_t i = 0; i < dims * dims; i++) matrix[i] = 0;
    for (size_t i = 0; i < dims; i++) right[i] = 0, matrix[i * dims + i] = 1;
    ck_scalar_als_accumulate(system, columns, values, count, matrix, right, &sum);
    return ck_scalar_als_finish(system, matrix, right, sum, solution, loss);
}

/// out = (I + Σ w y yᵀ) x
static void apply(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, const float *x, float *out) {
    size_t dims = system->dims;
    for (size_t d = 0; d < dims; d++) out[d] = x[d];
    for (size_t k = 0; k < count; k++) {
        double w = weight_of(system, values[k]), dot = 0;
        for (size_t d = 0; d < dims; d++) dot += entry(system, columns[k], d) * x[d];
        for (size_t d = 0; d < dims; d++) out[d] += (float)(w * dot * entry(system, columns[k], d));
    }
}

static double dot(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)a[i] * b[i];
    return sum;
}

int ck_scalar_als_conjugate(
    const ck_als_system *system, const int32_t *columns, const float *values, size_t count, size_t steps, float *solution,
    double *loss) {
    size_t dims = system->dims;
    float *right = system->workspace, *residual = right + dims, *direction = residual + dims, *image = direction + dims;
    double sum = 0;
    for (size_t d = 0; d < dims; d++) right[d] = 0;
    for (size_t k = 0; k < count; k++) {
        double b = values[k] > 0 ? 1 + weight_of(system, values[k]) : 0;
        sum += b;
        for (size_t d = 0; d < dims; d++) right[d] += (float)(b * entry(system, columns[k], d));
    }
    apply(system, columns, values, count, solution, image);
    for (size_t d = 0; d < dims; d++) direction[d] = residual[d] = right[d] - image[d];
    double square = dot(residual, residual, dims);
    for (size_t iteration = 0; iteration < steps && square > 1e-20; iteration++) {
        apply(system, columns, values, count, direction, image);
        double length = square / dot(direction, image, dims);
        for (size_t d = 0; d < dims; d++) {
            solution[d] += (float)(length * direction[d]);
            residual[d] -= (float)(length * image[d]);
        }
        double next = dot(residual, residual, dims);
        for (size_t d = 0; d < dims; d++) direction[d] = (float)(residual[d] + next / square * direction[d]);
        square = next;
    }
    apply(system, columns, values, count, solution, image);
    *loss = sum - 2 * dot(solution, right, dims) + dot(solution, image, dims);
    return *loss == *loss ? 0 : -1;
}
