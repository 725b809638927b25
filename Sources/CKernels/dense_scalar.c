// The oracles: what the vector kernels of dense_body.h must agree with, and what runs where there is no vector unit.
#include "kernels.h"

float ck_scalar_dot(const float *a, const float *b, size_t count) {
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

void ck_scalar_axpy(float scale, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] += scale * x[i];
}

void ck_scalar_gram_upper(const float *rows, size_t count, size_t stride, size_t dims, float *gram, size_t ld) {
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < dims; i++)
            for (size_t j = i; j < dims; j++) gram[i * ld + j] += rows[n * stride + i] * rows[n * stride + j];
}

void ck_scalar_rows_times_matrix(
    const float *rows, size_t count, size_t stride, size_t dims, const float *matrix, size_t outDims, float *out,
    size_t outStride) {
    for (size_t n = 0; n < count; n++)
        for (size_t j = 0; j < outDims; j++) {
            float sum = 0;
            for (size_t k = 0; k < dims; k++) sum += rows[n * stride + k] * matrix[k * outDims + j];
            out[n * outStride + j] = sum;
        }
}
