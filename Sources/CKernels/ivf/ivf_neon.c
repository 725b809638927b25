// NEON build of the float kernels: part of every 64-bit ARM, so no target is set.
#if defined(__aarch64__)
#pragma clang fp contract(fast)
#define IVF_NAME ivf_kernels_neon
#define IVF_LABEL "neon"
#define IVF_TILE 2
#include "ivf_template.h"
#endif
