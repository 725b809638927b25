// The tables of the instruction sets, for ivf_dispatch.c to choose among.
#pragma once

#include "CKernels.h"

extern const ck_ivf_kernels ck_ivf_scalar;
#if defined(__x86_64__)
extern const ck_ivf_kernels ck_ivf_avx2;
extern const ck_ivf_kernels ck_ivf_avx512;
#elif defined(__aarch64__)
extern const ck_ivf_kernels ck_ivf_neon;
#endif
