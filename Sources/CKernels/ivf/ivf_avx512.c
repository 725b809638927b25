// AVX-512 build of the float kernels.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#pragma clang fp contract(fast)
#define IVF_NAME ivf_kernels_avx512
#define IVF_LABEL "avx512"
#define IVF_TILE 12
#include "ivf_template.h"
#pragma clang attribute pop
#endif
