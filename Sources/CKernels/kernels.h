// The kernels of every instruction set, and the table through which the public names reach the chosen one.
#pragma once

#include "include/CKernels.h"

#define CK_DENSE_KERNELS(prefix)                                                                                        \
    float prefix##dot(const float *, const float *, size_t);                                                            \
    void prefix##axpy(float, const float *, float *, size_t);                                                           \
    void prefix##gram_upper(const float *, size_t, size_t, size_t, float *, size_t);                                    \
    void prefix##rows_times_matrix(                                                                                     \
        const float *, size_t, size_t, size_t, const float *, size_t, float *, size_t);

CK_DENSE_KERNELS(ck_scalar_)
#if defined(__x86_64__)
CK_DENSE_KERNELS(ck_avx2_)
CK_DENSE_KERNELS(ck_avx512_)
#endif
#if defined(__aarch64__)
CK_DENSE_KERNELS(ck_neon_)
#endif

typedef struct {
    ck_isa isa;
    float (*dot)(const float *, const float *, size_t);
    void (*axpy)(float, const float *, float *, size_t);
    void (*gram_upper)(const float *, size_t, size_t, size_t, float *, size_t);
    void (*rows_times_matrix)(
        const float *, size_t, size_t, size_t, const float *, size_t, float *, size_t);
} ck_table;

/// The table in use.
const ck_table *ck_current(void);
