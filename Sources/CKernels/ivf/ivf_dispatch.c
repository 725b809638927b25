// Chooses the IVF kernels by the instruction set in use (dispatch.c).
#include "ivf_tables.h"

const ck_ivf_kernels *ck_ivf_kernels_of(ck_isa isa) {
    if (!ck_isa_available(isa)) return NULL;
    switch (isa) {
    case CK_ISA_SCALAR: return &ck_ivf_scalar;
#if defined(__x86_64__)
    case CK_ISA_AVX2: return &ck_ivf_avx2;
    case CK_ISA_AVX512:
        // Without VNNI the byte products need AVX2's instructions anyway, and the float kernels gain little.
        return __builtin_cpu_supports("avx512vnni") ? &ck_ivf_avx512 : &ck_ivf_avx2;
#endif
#if defined(__aarch64__)
    case CK_ISA_NEON: return &ck_ivf_neon;
#endif
    default: return NULL;
    }
}

const ck_ivf_kernels *ck_ivf_current(void) {
    const ck_ivf_kernels *kernels = ck_ivf_kernels_of(ck_isa_current());
    return kernels ? kernels : &ck_ivf_scalar;
}
