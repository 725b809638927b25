// AVX2 and FMA build of the float kernels.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#pragma clang fp contract(fast)
#define IVF_NAME ivf_kernels_avx2
#define IVF_LABEL "avx2"
#define IVF_TILE 3
#include "ivf_template.h"
#pragma clang attribute pop
#endif
