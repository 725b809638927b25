// The kernels of every instruction set, and the table through which the public names reach the chosen one.
#pragma once

#include "include/CKernels.h"

#define CK_KERNELS(prefix)                                                                                        \
    float prefix##dot(const float *, const float *, size_t);                                                            \
    void prefix##axpy(float, const float *, float *, size_t);                                                           \
    void prefix##gram_upper(const float *, size_t, size_t, size_t, float *, size_t);                                    \
    void prefix##rows_times_matrix(                                                                                     \
        const float *, size_t, size_t, size_t, const float *, size_t, float *, size_t);                                 \
    int prefix##als_exact(const ck_als_system *, const int32_t *, const float *, size_t, float *, double *);            \
    int prefix##als_conjugate(                                                                                          \
        const ck_als_system *, const int32_t *, const float *, size_t, size_t, float *, double *);                      \
    void prefix##als_accumulate(                                                                                        \
        const ck_als_system *, const int32_t *, const float *, size_t, float *, float *, double *);                     \
    int prefix##als_finish(const ck_als_system *, float *, const float *, double, float *, double *);                    \
    void prefix##neighbors(const float *, size_t, size_t, size_t, size_t, size_t, ck_neighbor_list *);

CK_KERNELS(ck_scalar_)
#if defined(__x86_64__)
CK_KERNELS(ck_avx2_)
CK_KERNELS(ck_avx512_)
#endif
#if defined(__aarch64__)
CK_KERNELS(ck_neon_)
#endif

typedef struct {
    ck_isa isa;
    float (*dot)(const float *, const float *, size_t);
    void (*axpy)(float, const float *, float *, size_t);
    void (*gram_upper)(const float *, size_t, size_t, size_t, float *, size_t);
    void (*rows_times_matrix)(
        const float *, size_t, size_t, size_t, const float *, size_t, float *, size_t);
    int (*als_exact)(const ck_als_system *, const int32_t *, const float *, size_t, float *, double *);
    int (*als_conjugate)(const ck_als_system *, const int32_t *, const float *, size_t, size_t, float *, double *);
    void (*als_accumulate)(const ck_als_system *, const int32_t *, const float *, size_t, float *, float *, double *);
    int (*als_finish)(const ck_als_system *, float *, const float *, double, float *, double *);
    void (*neighbors)(const float *, size_t, size_t, size_t, size_t, size_t, ck_neighbor_list *);
} ck_table;

/// Adds a neighbour; a full list is cut to the best `wanted`, which raises the threshold.
void ck_neighbor_append(ck_neighbor_list *list, float score, int32_t row);

/// The table in use.
const ck_table *ck_current(void);
