#if defined(__x86_64__)
#define CK_TARGET_AVX512
#include "kernels.h"
#include "simd.h"
CK_BEGIN
#include "simd_functions.h"
#include "dense_body.h"
#include "transpose_body.h"
#include "cholesky_body.h"
#include "als_body.h"
#include "neighbors_body.h"
CK_END
#endif
