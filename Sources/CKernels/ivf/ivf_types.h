// Vector types of the IVF kernels: sixteen lanes are one AVX-512 register, two of AVX2, four of NEON; the compiler splits.
#pragma once

#include <stdint.h>

#include "CKernels.h"

typedef float ivf_f16 __attribute__((ext_vector_type(16), aligned(4)));
typedef float ivf_f8 __attribute__((ext_vector_type(8)));
typedef float ivf_f4 __attribute__((ext_vector_type(4)));
typedef int32_t ivf_i16 __attribute__((ext_vector_type(16), aligned(4)));
typedef int8_t ivf_b16 __attribute__((ext_vector_type(16), aligned(1)));
/// A panel's width: CK_IVF_PANEL centroids side by side.
typedef float ivf_panel_f __attribute__((ext_vector_type(CK_IVF_PANEL), aligned(4)));
typedef int32_t ivf_panel_i __attribute__((ext_vector_type(CK_IVF_PANEL), aligned(4)));
