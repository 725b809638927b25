// Loads, stores and reductions over `vf`; included between CK_BEGIN and CK_END.

CK_INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
CK_INLINE void store(float *p, vf v) { *(vf_unaligned *)p = v; }
#if VW == 16
CK_INLINE half_vf load_half(const float *p) { return *(const half_vf_unaligned *)p; }
CK_INLINE void store_half(float *p, half_vf v) { *(half_vf_unaligned *)p = v; }
#endif
CK_INLINE vf splat(float x) { return (vf)(x); }
CK_INLINE vf fma_(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }

/// Sum of the lanes, pairwise, so that the rounding is the same for every call.
CK_INLINE float sum_lanes(vf v) {
#if VW == 16
    typedef float v8 __attribute__((ext_vector_type(8)));
    typedef float v4 __attribute__((ext_vector_type(4)));
    v8 a = v.lo + v.hi;
    v4 b = a.lo + a.hi;
#elif VW == 8
    typedef float v4 __attribute__((ext_vector_type(4)));
    v4 b = v.lo + v.hi;
#else
    vf b = v;
#endif
    return (b.x + b.z) + (b.y + b.w);
}
