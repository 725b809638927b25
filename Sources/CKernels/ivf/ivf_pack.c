// Rounding of vectors to codes: not hot, one build.
#include <math.h>
#include <string.h>

#include "CKernels.h"

static float largest(const float *vector, size_t dimension) {
    float top = 0;
    for (size_t d = 0; d < dimension; d++) {
        float size = fabsf(vector[d]);
        if (size > top && size <= __FLT_MAX__) top = size;
    }
    return top;
}

// A code between -127 and 127; what is not a number compares false everywhere and becomes zero.
static int code_of(float value, float inverse) {
    float code = value * inverse;
    if (!(code >= -127.5f && code <= 127.5f)) return 0;
    long rounded = lrintf(code);
    return rounded > 127 ? 127 : rounded < -127 ? -127 : (int)rounded;
}

static void pack_row(const float *vector, size_t dimension, float inverse, size_t row, uint8_t *block) {
    for (size_t d = 0; d < dimension; d++)
        block[d / 4 * (CK_IVF_BLOCK * 4) + row * 4 + d % 4] = (uint8_t)(128 + code_of(vector[d], inverse));
}

static void clear(size_t dimension, uint8_t *block) { memset(block, 128, (dimension + 3) / 4 * (CK_IVF_BLOCK * 4)); }

float ck_ivf_pack(const float *vectors, size_t count, size_t dimension, uint8_t *block) {
    clear(dimension, block);
    float top = largest(vectors, count * dimension);
    float inverse = top > 1e-30f ? 127 / top : 0;
    for (size_t row = 0; row < count; row++) pack_row(vectors + row * dimension, dimension, inverse, row, block);
    return inverse > 0 ? top / 127 : 0;
}

void ck_ivf_pack_scaled(const float *vectors, size_t count, size_t dimension, uint8_t *block, float *scales) {
    clear(dimension, block);
    for (size_t row = 0; row < count; row++) {
        float top = largest(vectors + row * dimension, dimension);
        float inverse = top > 1e-30f ? 127 / top : 0;
        pack_row(vectors + row * dimension, dimension, inverse, row, block);
        scales[row] = inverse > 0 ? top / 127 : 0;
    }
}
